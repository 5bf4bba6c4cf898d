// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.ingest.kafka.careful.CarefulPartitions;
import io.nextclick.ingest.kafka.client.PartitionNames;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which partitions of one topic are this process's: those that the group gives it, or all of them.
 * For one thread.
 */
final class TopicAssignment implements ConsumerRebalanceListener {

  private static final Logger LOG = LoggerFactory.getLogger(TopicAssignment.class);

  private final Consumer<?, ?> consumer;
  private final SequenceStore store;
  private final AssignedPartitions assigned;
  private final CarefulPartitions careful;
  private final @Nullable Share share;
  private boolean settled;

  /**
   * @param share is told; null where all partitions are this process's
   */
  TopicAssignment(
      Consumer<?, ?> consumer,
      SequenceStore store,
      AssignedPartitions assigned,
      CarefulPartitions careful,
      @Nullable Share share) {
    this.consumer = consumer;
    this.store = store;
    this.assigned = assigned;
    this.careful = careful;
    this.share = share;
  }

  /** Whether the group has said which partitions are ours; for a topic that is subscribed to. */
  boolean isSettled() {
    return settled;
  }

  /** Takes all partitions of a topic that is not subscribed to. */
  void takeAll(TopicDescription topic) {
    List<TopicPartition> all =
        topic.partitions().stream()
            .map(info -> new TopicPartition(topic.name(), info.partition()))
            .toList();
    List<TopicPartition> added =
        all.stream().filter(partition -> !assigned.has(partition)).toList();
    if (!added.isEmpty()) {
      consumer.assign(all);
      onPartitionsAssigned(added);
    }
  }

  /**
   * The broker is asked later, in {@link TopicAdmission}: a callback that fails would fail the
   * group.
   */
  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    Map<SourcePartition, PartitionState> stored = store.partitions();
    partitions.forEach(careful::remove); // each begins anew, from what is stored
    for (TopicPartition partition : partitions) {
      PartitionState state = stored.get(PartitionNames.source(partition));
      AssignedPartition a = new AssignedPartition();
      a.nextOffset = state == null ? 0 : state.nextOffset();
      a.trusted = share == null || share.isAlone();
      assigned.put(partition, a);
      consumer.seek(partition, a.nextOffset);
    }
    consumer.pause(partitions);
    settled = true;
    if (share != null) {
      share.assigned();
    }
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    settled = false; // until the group has shared out anew
    takeAway(partitions);
  }

  private void takeAway(Collection<TopicPartition> partitions) {
    partitions.forEach(careful::remove);
    Set<String> topicIds = new HashSet<>();
    for (TopicPartition partition : partitions) {
      AssignedPartition a = assigned.remove(partition);
      if (a != null && a.lastTopicId != null) {
        topicIds.add(a.lastTopicId);
      }
    }
    if (share != null) {
      share.takenAway(topicIds);
    }
  }

  /** They may have another owner already: nothing is committed. */
  @Override
  public void onPartitionsLost(Collection<TopicPartition> partitions) {
    LOG.warn("Lost {}: this process was silent for too long", partitions);
    settled = false;
    takeAway(partitions);
  }
}
