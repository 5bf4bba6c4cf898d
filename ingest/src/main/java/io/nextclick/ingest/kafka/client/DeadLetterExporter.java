// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.QuarantineEntry;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.Quarantine;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the store's quarantine to the dead-letter topic, at least once: the cursor moves after the
 * broker has acknowledged. Readers drop repeats by the key {@code topic-partition@offset} and the
 * header {@code topic-id}, which changes when a topic is re-created.
 *
 * <p>Headers say why and from where: {@code reason}, {@code detail}, {@code topic}, {@code
 * topic-id}, {@code partition}, {@code offset}, {@code length} and {@code sha256} of the whole
 * record. The value is the record, cut to {@value QuarantineEntry#MAX_HEAD_BYTES} bytes.
 */
public final class DeadLetterExporter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterExporter.class);
  private static final int CHUNK = 500;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);
  private static final long PAUSE_MILLIS = 500;

  private final String topic;
  private final RocksDbSequenceStore store;
  private final Producer<byte[], byte[]> producer;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  DeadLetterExporter(String topic, RocksDbSequenceStore store, Producer<byte[], byte[]> producer) {
    this.topic = topic;
    this.store = store;
    this.producer = producer;
    this.thread = Thread.ofPlatform().name("dead-letters").unstarted(this::run);
  }

  /** Exports on a thread of its own until it is closed. */
  public static DeadLetterExporter start(KafkaSettings settings, RocksDbSequenceStore store) {
    DeadLetterExporter exporter =
        new DeadLetterExporter(
            settings.deadLetterTopic(),
            store,
            new KafkaProducer<>(ClientProperties.producer(settings)));
    exporter.thread.start();
    return exporter;
  }

  private void run() {
    try {
      while (stop.getCount() > 0) {
        if (exportOrWarn() == 0) {
          stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("The export of dead letters was interrupted");
    }
  }

  private int exportOrWarn() throws InterruptedException {
    try {
      return export();
    } catch (ExecutionException | KafkaException e) {
      LOG.warn("The dead-letter topic {} takes nothing for now: {}", topic, e.toString());
      return 0;
    }
  }

  /**
   * Exports at most one chunk per partition.
   *
   * @return how many entries the broker has acknowledged
   */
  int export() throws InterruptedException, ExecutionException {
    int exported = 0;
    for (SourcePartition partition : store.partitions().keySet()) {
      exported += export(partition);
    }
    return exported;
  }

  private int export(SourcePartition partition) throws InterruptedException, ExecutionException {
    Quarantine quarantine = store.quarantine();
    List<QuarantineEntry> entries =
        quarantine.read(partition, quarantine.exportedTo(partition), CHUNK);
    if (entries.isEmpty()) {
      return 0;
    }
    PartitionState state = store.partitions().get(partition);
    String topicId = state == null ? "" : state.topicId();
    List<Future<?>> acknowledged = new ArrayList<>(entries.size());
    for (QuarantineEntry entry : entries) {
      acknowledged.add(producer.send(letter(entry, topicId)));
    }
    for (Future<?> one : acknowledged) {
      one.get();
    }
    quarantine.markExported(partition, entries.getLast().offset() + 1);
    return entries.size();
  }

  private ProducerRecord<byte[], byte[]> letter(QuarantineEntry entry, String topicId) {
    byte[] key = utf8(entry.partition() + "@" + entry.offset());
    ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(topic, key, entry.head());
    letter
        .headers()
        .add("reason", utf8(entry.rejection().reason().label()))
        .add("detail", utf8(entry.rejection().detail()))
        .add("topic", utf8(entry.partition().topic()))
        .add("topic-id", utf8(topicId))
        .add("partition", utf8(Integer.toString(entry.partition().partition())))
        .add("offset", utf8(Long.toString(entry.offset())))
        .add("length", utf8(Integer.toString(entry.length())))
        .add("sha256", utf8(HexFormat.of().formatHex(entry.sha256())));
    return letter;
  }

  @Override
  public void close() {
    stop.countDown();
    producer.close(CLOSE_TIMEOUT);
    Joining.join(thread);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
