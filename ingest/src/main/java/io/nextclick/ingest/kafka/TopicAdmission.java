// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.ingest.kafka.careful.CarefulPartitions;
import io.nextclick.ingest.kafka.client.PartitionNames;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares newly assigned partitions with the log, and starts or stops each: what is stored must be
 * the fold of this log. For one thread.
 */
final class TopicAdmission {

  private static final Logger LOG = LoggerFactory.getLogger(TopicAdmission.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Consumer<?, ?> consumer;
  private final SequenceStore store;
  private final AssignedPartitions assigned;
  private final CarefulPartitions careful;
  private final TopicFold fold;

  TopicAdmission(
      Consumer<?, ?> consumer,
      SequenceStore store,
      AssignedPartitions assigned,
      CarefulPartitions careful,
      TopicFold fold) {
    this.consumer = consumer;
    this.store = store;
    this.assigned = assigned;
    this.careful = careful;
    this.fold = fold;
  }

  /**
   * Admits those that wait for it.
   *
   * @param carefully whether each is read by itself at first
   */
  void admit(Admin admin, boolean carefully) {
    List<TopicPartition> waiting = assigned.waiting();
    if (waiting.isEmpty()) {
      return;
    }
    Map<TopicPartition, PartitionState> stored = new HashMap<>();
    store.partitions().forEach((source, state) -> stored.put(PartitionNames.kafka(source), state));
    Map<TopicPartition, StartPosition> starts = StartPosition.of(waiting, stored, admin, consumer);
    Map<TopicPartition, Long> relayed = fold.relays() ? relayed(starts.keySet()) : Map.of();
    starts.forEach((partition, start) -> {
      if (admit(partition, start, relayed.getOrDefault(partition, 0L)) && carefully) {
        careful.add(partition, start.topicId(), start.offset());
      }
    });
  }

  /**
   * Up to where erase requests have been passed on: as far as the group has read before, whatever
   * became of the store; all that is there, when it has not. An old request that was passed on late
   * would erase what a user who came back did since.
   */
  private Map<TopicPartition, Long> relayed(Set<TopicPartition> partitions) {
    Map<TopicPartition, Long> relayed = new HashMap<>(consumer.endOffsets(partitions, TIMEOUT));
    consumer
        .committed(partitions, TIMEOUT)
        .forEach((partition, read) -> {
          if (read != null) {
            relayed.put(partition, read.offset());
          }
        });
    return relayed;
  }

  /** Returns whether the partition is read now. */
  private boolean admit(TopicPartition partition, StartPosition start, long relayFrom) {
    AssignedPartition a = assigned.get(partition);
    if (a == null) {
      return false;
    }
    a.topicId = start.topicId();
    a.lastTopicId = start.topicId();
    a.nextOffset = start.offset();
    a.leaderEpoch = start.leaderEpoch();
    a.relayFrom = relayFrom;
    if (start.refusal() != null) {
      fold.stop(partition, start.refusal());
      return false;
    }
    Optional<Integer> epoch =
        start.leaderEpoch() < 0 ? Optional.empty() : Optional.of(start.leaderEpoch());
    consumer.seek(partition, new OffsetAndMetadata(start.offset(), epoch, ""));
    LOG.info("Reading {} from offset {}", partition, start.offset());
    return true;
  }

  /** Stops the partitions of a topic that was deleted and re-created since they were admitted. */
  void compareTopicId(TopicDescription description) {
    String now = description.topicId().toString();
    assigned.forEach((partition, a) -> {
      if (a.topicId != null && !a.topicId.equals(now)) {
        fold.stop(partition, "the topic was deleted and re-created: its id is now " + now);
      }
    });
  }
}
