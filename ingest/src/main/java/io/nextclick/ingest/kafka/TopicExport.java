// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.ingest.log.TopicLog;
import io.nextclick.ingest.log.TopicRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events topic and the items topic, from their beginnings to where they end now, into a
 * topic log.
 */
public final class TopicExport {

  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_IDLE_POLLS = 30;

  private final KafkaSettings settings;
  private final @Nullable EventMapping mapping;
  private final LongConsumer progress;
  private long refused;

  /**
   * @param mapping how records of the events topic become events; null if they are events
   * @param progress told the number of records so far
   */
  public TopicExport(
      KafkaSettings settings, @Nullable EventMapping mapping, LongConsumer progress) {
    this.settings = settings;
    this.mapping = mapping;
    this.progress = progress;
  }

  /**
   * Exports.
   *
   * @return the number of records
   * @throws IOException if the broker does not answer, or the file cannot be written
   */
  public long to(Path file) throws IOException {
    try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(ClientProperties.consumer(settings, null));
        EventLogWriter out = EventLogWriter.open(file)) {
      List<TopicPartition> partitions = partitions(consumer);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions, TIMEOUT);
      Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions, TIMEOUT));
      ends.entrySet().removeIf(end -> end.getValue().equals(first.get(end.getKey())));
      copy(consumer, ends, out);
      out.commit();
      return out.lines();
    } catch (KafkaException e) {
      throw new IOException(
          "No answer from Kafka at %s: %s".formatted(settings.bootstrapServers(), e.getMessage()),
          e);
    }
  }

  /** How many of the exported records are no events. */
  public long refused() {
    return refused;
  }

  private List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer)
      throws IOException {
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : List.of(settings.eventsTopic(), settings.itemsTopic())) {
      var found = consumer.partitionsFor(topic, TIMEOUT);
      if (found == null || found.isEmpty()) {
        throw new IOException("the topic " + topic + " does not exist");
      }
      found.forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    }
    return partitions;
  }

  private void copy(
      KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, EventLogWriter out)
      throws IOException {
    // Who reads the export judges times, by the settings of the fold that it is read for.
    RecordDecoder events = RecordDecoder.ofEvents(PlausibleTimes.EVER, mapping);
    RecordDecoder items = RecordDecoder.ofItems(PlausibleTimes.EVER);
    int idle = 0;
    while (!ends.isEmpty()) {
      ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
      for (ConsumerRecord<byte[], byte[]> record : polled) {
        TopicPartition from = new TopicPartition(record.topic(), record.partition());
        if (record.offset() < ends.getOrDefault(from, 0L)) {
          RecordDecoder decoder = record.topic().equals(settings.itemsTopic()) ? items : events;
          SourcePartition partition = new SourcePartition(record.topic(), record.partition());
          SourceRecord decoded = decoder.decode(record);
          refused += decoded.decoded() instanceof RejectedEvent ? 1 : 0;
          out.write(TopicLog.encode(new TopicRecord(partition, decoded)));
        }
      }
      progress.accept(out.lines());
      ends.entrySet().removeIf(end -> consumer.position(end.getKey(), TIMEOUT) >= end.getValue());
      idle = polled.isEmpty() ? idle + 1 : 0;
      if (idle > MAX_IDLE_POLLS) {
        throw new IOException("Kafka gives no more records of " + ends.keySet());
      }
    }
  }
}
