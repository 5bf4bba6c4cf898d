// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.EventStreams;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends a seeded stream at a steady rate on a thread of its own, and keeps what was acknowledged.
 */
final class Traffic implements AutoCloseable {

  private static final int PER_TICK = 25;
  private static final long TICK_MILLIS = 10;

  private final KafkaSettings settings;
  private final Iterator<byte[]> values;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Thread thread = new Thread(this::run, "traffic");
  private volatile boolean stopped;

  final ConcurrentLinkedQueue<RecordMetadata> acknowledged = new ConcurrentLinkedQueue<>();
  final AtomicInteger failed = new AtomicInteger();

  Traffic(KafkaSettings settings, long seed, int length) {
    this.settings = settings;
    List<byte[]> stream = new EventStreams(seed).values(length);
    this.values = stream.iterator();
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                settings.bootstrapServers(),
                "acks",
                "all",
                "max.in.flight.requests.per.connection",
                1),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      for (int i = 0; !stopped && values.hasNext(); i++) {
        send(values.next());
        if (i % PER_TICK == 0) {
          Thread.sleep(TICK_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      stopped = true;
    }
  }

  private void send(byte[] value) {
    boolean item = false;
    byte[] key = {'p', (byte) ('0' + value.length % 10)};
    if (EventJson.decode(value) instanceof Event event) {
      item = event.kind() == Event.Kind.ITEM;
      key = event.key().getBytes(StandardCharsets.UTF_8);
    }
    String topic = item ? settings.itemsTopic() : settings.eventsTopic();
    var _ =
        producer.send(
            new ProducerRecord<>(topic, key, value),
            (metadata, error) -> {
              if (error == null) {
                acknowledged.add(metadata);
              } else {
                failed.incrementAndGet();
              }
            });
  }

  /** Stops sending, and waits for what is on its way. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close();
  }
}
