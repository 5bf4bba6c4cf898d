// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.ingest.kafka.client.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Where to begin in a partition, or why not to.
 *
 * <p>The stored position is good only while the log below and above it is the one that was folded.
 * Nothing here ever resets a position: a log that does not fit needs a decision by a person.
 *
 * @param topicId the id of the topic as it is now
 * @param offset where to read on
 * @param leaderEpoch the leader epoch of the record before, for Kafka's own check of truncation; -1
 *     when unknown
 * @param refusal why the partition must not be read; null when it may
 */
record StartPosition(String topicId, long offset, int leaderEpoch, @Nullable String refusal) {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /**
   * Asks the broker about {@code partitions}; one whose topic is unknown is left out.
   *
   * @param stored how far each was folded; a partition never seen is absent
   * @throws org.apache.kafka.common.KafkaException if the broker does not answer
   */
  static Map<TopicPartition, StartPosition> of(
      Collection<TopicPartition> partitions,
      Map<TopicPartition, PartitionState> stored,
      Admin admin,
      Consumer<?, ?> consumer) {
    TreeSet<String> names = new TreeSet<>();
    partitions.forEach(partition -> names.add(partition.topic()));
    Map<String, TopicDescription> topics = Topics.describe(admin, names.stream().toList());
    Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions, TIMEOUT);
    Map<TopicPartition, Long> end = consumer.endOffsets(partitions, TIMEOUT);
    Map<TopicPartition, StartPosition> positions = new HashMap<>();
    for (TopicPartition partition : partitions) {
      TopicDescription topic = topics.get(partition.topic());
      Long from = first.get(partition);
      Long to = end.get(partition);
      if (topic != null && from != null && to != null) {
        positions.put(partition, of(stored.get(partition), topic.topicId().toString(), from, to));
      }
    }
    return positions;
  }

  /**
   * The position for a log that now holds the offsets {@code first} (inclusive) to {@code end}
   * (exclusive). A state folded from an export does not know the topic's id.
   */
  static StartPosition of(@Nullable PartitionState stored, String topicId, long first, long end) {
    if (stored == null) {
      return new StartPosition(topicId, first, -1, null);
    }
    long next = stored.nextOffset();
    String refusal = null;
    if (!stored.topicId().isEmpty() && !stored.topicId().equals(topicId)) {
      refusal =
          "the topic was deleted and re-created: its id is %s, the state was built from %s"
              .formatted(topicId, stored.topicId());
    } else if (next < first) {
      refusal =
          "retention has deleted offsets %d to %d before they were read".formatted(next, first - 1);
    } else if (next > end) {
      refusal =
          "the log was truncated: it ends at offset %d, the state reaches to %d"
              .formatted(end, next);
    }
    return new StartPosition(topicId, next, stored.leaderEpoch(), refusal);
  }
}
