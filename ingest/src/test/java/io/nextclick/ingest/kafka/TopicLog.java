// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** All committed records of a topic, read by a plain consumer that shares nothing with ingest. */
public final class TopicLog implements AutoCloseable {

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<SourcePartition, List<ConsumerRecord<byte[], byte[]>>> records =
      new HashMap<>();

  public TopicLog(String bootstrapServers, String... topics) {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "isolation.level",
                "read_committed",
                "max.poll.records",
                10_000),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> all = new ArrayList<>();
    for (String topic : topics) {
      consumer
          .partitionsFor(topic)
          .forEach(info -> all.add(new TopicPartition(topic, info.partition())));
    }
    consumer.assign(all);
    consumer.seekToBeginning(all);
    all.forEach(p -> records.put(source(p), new ArrayList<>()));
  }

  /** Reads on to what is the end now. */
  public void update() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    ends.forEach((partition, end) -> {
      while (consumer.position(partition) < end) {
        consumer
            .poll(Duration.ofMillis(500))
            .forEach(record ->
                records
                    .getOrDefault(
                        new SourcePartition(record.topic(), record.partition()), new ArrayList<>())
                    .add(record));
      }
    });
  }

  /** The records of a partition as Kafka has them. */
  public List<ConsumerRecord<byte[], byte[]>> raw(SourcePartition partition) {
    return records.getOrDefault(partition, List.of());
  }

  /** The records of a partition, decoded. */
  List<SourceRecord> decoded(SourcePartition partition, int from) {
    List<ConsumerRecord<byte[], byte[]>> all = raw(partition);
    return all.subList(from, all.size()).stream().map(TopicLog::decode).toList();
  }

  int count() {
    return records.values().stream().mapToInt(List::size).sum();
  }

  private static SourceRecord decode(ConsumerRecord<byte[], byte[]> record) {
    byte[] value = record.value() == null ? new byte[0] : record.value();
    return new SourceRecord(record.offset(), record.timestamp(), owned(record, value), value);
  }

  /** An event, if it is its key's: a record of another's is none. */
  private static Decoded owned(ConsumerRecord<byte[], byte[]> record, byte[] value) {
    Decoded decoded = EventJson.decode(value);
    if (!(decoded instanceof Event event)) {
      return decoded;
    }
    String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    return key.equals(event.action().equals("item") ? event.items().getFirst() : event.user())
        ? decoded
        : new RejectedEvent(RejectedEvent.Reason.KEY_MISMATCH, "another's");
  }

  private static SourcePartition source(TopicPartition partition) {
    return new SourcePartition(partition.topic(), partition.partition());
  }

  @Override
  public void close() {
    consumer.close();
  }
}
