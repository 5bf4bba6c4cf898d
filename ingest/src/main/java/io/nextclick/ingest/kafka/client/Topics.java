// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import static java.util.stream.Collectors.joining;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks topics up, and makes those that are missing. */
public final class Topics {

  /** Room for the longest event with its key and the frame around them. */
  static final int MAX_RECORD_BYTES = 2 << 20;

  // The controller acknowledges a topic before every broker has heard of it.
  private static final int LOOKS = 100;
  private static final long LOOK_MILLIS = 50;

  /** Settings of the items topic by which it keeps every record. */
  static final Map<String, String> KEPT =
      new TreeMap<>(
          Map.of("cleanup.policy", "delete", "retention.ms", "-1", "retention.bytes", "-1"));

  private static final Logger LOG = LoggerFactory.getLogger(Topics.class);

  private Topics() {}

  /** The topics among {@code names} that exist. Blocks for at most the client's API timeout. */
  public static Map<String, TopicDescription> describe(Admin admin, List<String> names) {
    Map<String, TopicDescription> found = new HashMap<>();
    admin
        .describeTopics(names)
        .topicNameValues()
        .forEach((name, future) -> {
          try {
            found.put(name, await(future));
          } catch (UnknownTopicOrPartitionException missing) {
            // left out of the answer
          }
        });
    return found;
  }

  /** The names of those of our topics that do not exist. */
  public static Set<String> missing(Admin admin, KafkaSettings settings) {
    List<String> names =
        List.of(settings.eventsTopic(), settings.itemsTopic(), settings.deadLetterTopic());
    Set<String> missing = new TreeSet<>(names);
    missing.removeAll(describe(admin, names).keySet());
    return missing;
  }

  /** Makes those of our topics that do not exist, and waits until they can be seen. */
  public static void createMissing(Admin admin, KafkaSettings settings) {
    Set<String> missing = missing(admin, settings);
    if (missing.isEmpty()) {
      return;
    }
    admin
        .createTopics(missing.stream().map(name -> plan(name, settings)).toList())
        .values()
        .values()
        .forEach(future -> {
          try {
            await(future);
          } catch (TopicExistsException raced) {
            // another instance was faster
          }
        });
    for (int look = 0; look < LOOKS && !missing(admin, settings).isEmpty(); look++) {
      pause();
    }
  }

  private static NewTopic plan(String name, KafkaSettings settings) {
    boolean events = name.equals(settings.eventsTopic());
    Map<String, String> configs = new HashMap<>();
    configs.put("max.message.bytes", Integer.toString(MAX_RECORD_BYTES));
    if (name.equals(settings.itemsTopic())) {
      // All of it for ever: compaction keeps the last record of a key, the fold the newest that is
      // an item; and an answer is proven with the descriptions of its time.
      configs.putAll(KEPT);
    }
    if (!name.equals(settings.deadLetterTopic())) {
      // The fold compares event times with it: no producer's clock may decide, nor be refused.
      configs.put("message.timestamp.type", "LogAppendTime");
    }
    Optional<Short> replicas =
        settings.replicationFactor() > 0
            ? Optional.of(settings.replicationFactor())
            : Optional.empty();
    return new NewTopic(name, Optional.of(events ? settings.eventPartitions() : 1), replicas)
        .configs(configs);
  }

  /**
   * Why a catalogue that is built again from the items topic may not be the one that is served, and
   * what to do; null if it will be, or nobody may ask.
   */
  public static @Nullable String itemsAreNotKept(Admin admin, String topic) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try {
      Config config =
          await(admin.describeConfigs(List.of(resource)).all())
              .getOrDefault(resource, new Config(List.of()));
      boolean compacted = value(config, "cleanup.policy").contains("compact");
      boolean kept =
          value(config, "retention.ms").equals("-1")
              && value(config, "retention.bytes").equals("-1");
      return !compacted && kept
          ? null
          : "the topic %s %s: a catalogue built again from it may lack items or have older descriptions than the one served. Set %s of the topic, and describe all items once more"
              .formatted(
                  topic,
                  compacted ? "is compacted" : "deletes old records",
                  KEPT.entrySet().stream().map(Map.Entry::toString).collect(joining(", ")));
    } catch (KafkaException e) {
      LOG.debug("The broker does not tell the settings of {}: {}", topic, e.toString());
      return null;
    }
  }

  private static String value(Config config, String name) {
    ConfigEntry entry = config.get(name);
    return entry == null || entry.value() == null ? "" : entry.value();
  }

  /** The answer, or the broker's fault as it is. */
  public static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e.getCause());
    }
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK_MILLIS);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
