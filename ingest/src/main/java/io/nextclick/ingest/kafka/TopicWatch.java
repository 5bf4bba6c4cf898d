// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.PartitionNames;
import io.nextclick.ingest.kafka.client.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the broker every second what our topics are now, beside the reading, which it never keeps
 * waiting: their ids, their partitions, and who in the group reads those that are not ours. For one
 * thread.
 */
final class TopicWatch {

  private static final Logger LOG = LoggerFactory.getLogger(TopicWatch.class);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Admin admin;
  private final KafkaSettings settings;
  private final List<String> topics;
  private final Map<String, TopicDescription> seen = new HashMap<>();
  private final Set<String> missing = new TreeSet<>();
  private final Set<TopicPartition> elsewhere = new HashSet<>();
  private Map<String, KafkaFuture<TopicDescription>> asked = Map.of();
  private @Nullable KafkaFuture<ConsumerGroupDescription> group;
  private long nextLook = System.nanoTime();

  TopicWatch(Admin admin, KafkaSettings settings) {
    this.admin = admin;
    this.settings = settings;
    this.topics = List.of(settings.eventsTopic(), settings.itemsTopic());
  }

  /**
   * Takes the answers that have come, and asks again when it is time.
   *
   * @return whether there is news of the topics
   */
  boolean look(TopicReader events) {
    boolean news = takeTopics();
    takeGroup(events.memberId());
    long now = System.nanoTime();
    if (asked.isEmpty() && group == null && now - nextLook >= 0) {
      nextLook = now + LOOK_NANOS;
      asked = admin.describeTopics(topics).topicNameValues();
      if (!unassigned(events).isEmpty()) {
        String id = settings.groupId();
        group = admin.describeConsumerGroups(List.of(id)).describedGroups().get(id);
      }
    }
    return news;
  }

  private boolean takeTopics() {
    if (asked.isEmpty() || !asked.values().stream().allMatch(KafkaFuture::isDone)) {
      return false;
    }
    asked.forEach((topic, answer) -> {
      try {
        TopicDescription now = Topics.await(answer);
        TopicDescription before = seen.put(topic, now);
        missing.remove(topic);
        sayGrowth(topic, before, now);
      } catch (UnknownTopicOrPartitionException e) {
        missing.add(topic);
      } catch (KafkaException e) {
        LOG.debug("The broker does not describe {}: {}", topic, e.toString());
      }
    });
    asked = Map.of();
    return true;
  }

  private static void sayGrowth(
      String topic, @Nullable TopicDescription before, TopicDescription now) {
    if (before != null
        && before.topicId().equals(now.topicId())
        && before.partitions().size() < now.partitions().size()) {
      LOG.warn(
          "The topic {} grew from {} to {} partitions: the events of one user may lie in two of"
              + " them from now on; their histories are read as one",
          topic,
          before.partitions().size(),
          now.partitions().size());
    }
  }

  private void takeGroup(String memberId) {
    if (group == null || !group.isDone()) {
      return;
    }
    try {
      elsewhere.clear();
      Topics.await(group).members().stream()
          .filter(member -> !member.consumerId().equals(memberId))
          .forEach(member -> elsewhere.addAll(member.assignment().topicPartitions()));
    } catch (KafkaException e) {
      LOG.debug("The broker does not describe the group: {}", e.toString());
    }
    group = null;
  }

  /** What the topic is now; null before the first answer. */
  @Nullable TopicDescription topic(String name) {
    return seen.get(name);
  }

  /** What of the log nobody reads, in words; empty when all of it is read. */
  List<String> gaps(TopicReader events, TopicReader items) {
    List<String> gaps = new ArrayList<>();
    for (String topic : missing) {
      gaps.add("the topic " + topic + " cannot be seen: was it deleted?");
    }
    if (!events.isSettled()) {
      gaps.add("the group %s has not shared out its partitions yet".formatted(settings.groupId()));
    }
    Collection<TopicPartition> unread = new ArrayList<>(unassigned(events));
    unread.removeAll(elsewhere);
    unread.addAll(unassigned(items));
    if (!unread.isEmpty()) {
      List<SourcePartition> sorted = unread.stream().map(PartitionNames::source).sorted().toList();
      String last = sorted.size() == 1 ? "" : " to " + sorted.getLast();
      gaps.add("nobody reads %s%s yet: added to the topic?".formatted(sorted.getFirst(), last));
    }
    return gaps;
  }

  private List<TopicPartition> unassigned(TopicReader reader) {
    TopicDescription topic = seen.get(reader.topic());
    return topic == null
        ? List.of()
        : topic.partitions().stream()
            .map(info -> new TopicPartition(reader.topic(), info.partition()))
            .filter(partition -> !reader.assigned().has(partition))
            .toList();
  }
}
