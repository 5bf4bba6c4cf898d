// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.ingest.kafka.client.PartitionNames;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The partitions of one topic that belong to this process. For one thread. */
final class AssignedPartitions {

  private final Map<TopicPartition, AssignedPartition> assigned = new HashMap<>();

  boolean isEmpty() {
    return assigned.isEmpty();
  }

  int size() {
    return assigned.size();
  }

  boolean has(TopicPartition partition) {
    return assigned.containsKey(partition);
  }

  @Nullable AssignedPartition get(TopicPartition partition) {
    return assigned.get(partition);
  }

  void put(TopicPartition partition, AssignedPartition state) {
    assigned.put(partition, state);
  }

  @Nullable AssignedPartition remove(TopicPartition partition) {
    return assigned.remove(partition);
  }

  void forEach(BiConsumer<TopicPartition, AssignedPartition> visitor) {
    assigned.forEach(visitor);
  }

  /** Those that have not been compared with the log. */
  List<TopicPartition> waiting() {
    return assigned.entrySet().stream()
        .filter(entry -> entry.getValue().topicId == null)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Those that are read. */
  Map<TopicPartition, AssignedPartition> readable() {
    Map<TopicPartition, AssignedPartition> readable = new HashMap<>(assigned);
    readable.values().removeIf(one -> !one.readable());
    return readable;
  }

  /** Up to where those that are read have been folded. */
  Map<TopicPartition, OffsetAndMetadata> progress() {
    Map<TopicPartition, OffsetAndMetadata> progress = new HashMap<>();
    readable()
        .forEach(
            (partition, one) -> progress.put(partition, new OffsetAndMetadata(one.nextOffset)));
    return progress;
  }

  /** How each is. */
  List<IngestStatus.Partition> status() {
    return assigned.entrySet().stream()
        .map(entry -> status(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static IngestStatus.Partition status(TopicPartition partition, AssignedPartition one) {
    return new IngestStatus.Partition(
        PartitionNames.source(partition),
        one.nextOffset,
        one.readable() ? one.upTo.lag(one.nextOffset) : -1,
        one.upTo.moment(),
        one.failure);
  }

  /** Adds up to when each has been folded. */
  void addReadUpTo(Map<SourcePartition, Ownership.UpTo> read) {
    assigned.forEach((partition, one) -> {
      if (one.topicId != null) {
        one.upTo.folded(one.nextOffset);
      }
      read.put(
          PartitionNames.source(partition), new Ownership.UpTo(one.upTo.moment(), one.trusted));
    });
  }

  /** What was known of their ends no longer counts. */
  void forgetMoments() {
    assigned.values().forEach(one -> one.upTo.forget());
  }
}
