// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import java.util.List;
import java.util.Map;

/**
 * Which cluster and topics to use, and within which bounds.
 *
 * @param bootstrapServers {@code host:port} pairs, separated by commas
 * @param eventsTopic behaviours, user attributes and erase requests, keyed by user
 * @param itemsTopic item descriptions, keyed by item; all of them are kept
 * @param deadLetterTopic copies of the records that were refused
 * @param groupId the consumer group that shares the partitions of the events topic
 * @param client further client properties; {@link ClientOptions} has the list of allowed names
 * @param maxPollRecords records folded as one unit at most, 1 to 100,000
 * @param maxFetchBytes bytes held from one fetch at most, 1 MiB to 1 GiB
 * @param createTopics make missing topics, instead of waiting for somebody to make them
 * @param eventPartitions partitions of an events topic that we make, 1 to 10,000
 * @param replicationFactor replicas of the topics that we make; -1 takes the cluster's default
 */
public record KafkaSettings(
    String bootstrapServers,
    String eventsTopic,
    String itemsTopic,
    String deadLetterTopic,
    String groupId,
    Map<String, String> client,
    int maxPollRecords,
    int maxFetchBytes,
    boolean createTopics,
    int eventPartitions,
    short replicationFactor) {

  public KafkaSettings {
    client = Map.copyOf(client);
    ClientOptions.requireAllowed(client);
    require(!bootstrapServers.isBlank(), "bootstrapServers", bootstrapServers);
    require(!groupId.isBlank(), "groupId", groupId);
    require(maxPollRecords >= 1 && maxPollRecords <= 100_000, "maxPollRecords", maxPollRecords);
    require(maxFetchBytes >= 1 << 20 && maxFetchBytes <= 1 << 30, "maxFetchBytes", maxFetchBytes);
    require(eventPartitions >= 1 && eventPartitions <= 10_000, "eventPartitions", eventPartitions);
    List<String> topics = List.of(eventsTopic, itemsTopic, deadLetterTopic);
    require(topics.stream().distinct().count() == topics.size(), "topics", topics);
  }

  /** The defaults: topics {@code nextclick-*}, made when they are missing. */
  public static KafkaSettings of(String bootstrapServers) {
    return new KafkaSettings(
        bootstrapServers,
        "nextclick-events",
        "nextclick-items",
        "nextclick-dead-letters",
        "nextclick",
        Map.of(),
        1_000,
        32 << 20,
        true,
        6,
        (short) -1);
  }

  /** These settings with other topics. */
  public KafkaSettings withTopics(String events, String items, String deadLetters) {
    return with(events, items, deadLetters, groupId, client, createTopics);
  }

  /** These settings with another consumer group. */
  public KafkaSettings withGroupId(String id) {
    return with(eventsTopic, itemsTopic, deadLetterTopic, id, client, createTopics);
  }

  /** These settings with other client properties. */
  public KafkaSettings withClient(Map<String, String> properties) {
    return with(eventsTopic, itemsTopic, deadLetterTopic, groupId, properties, createTopics);
  }

  /** These settings, leaving missing topics to somebody else. */
  public KafkaSettings withoutTopicCreation() {
    return with(eventsTopic, itemsTopic, deadLetterTopic, groupId, client, false);
  }

  private KafkaSettings with(
      String events,
      String items,
      String deadLetters,
      String group,
      Map<String, String> properties,
      boolean create) {
    return new KafkaSettings(
        bootstrapServers,
        events,
        items,
        deadLetters,
        group,
        properties,
        maxPollRecords,
        maxFetchBytes,
        create,
        eventPartitions,
        replicationFactor);
  }

  private static void require(boolean condition, String name, Object value) {
    if (!condition) {
      throw new IllegalArgumentException("kafka." + name + "=" + value + " is out of range");
    }
  }
}
