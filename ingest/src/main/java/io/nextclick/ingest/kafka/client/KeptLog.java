// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import io.nextclick.features.sequence.SourcePartition;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** What Kafka still holds of the topics that are folded, whoever reads them. */
public final class KeptLog {

  private KeptLog() {}

  /**
   * The id of each of the two topics, which changes when a topic is deleted and re-created.
   *
   * @throws IOException if the broker does not answer
   */
  public static Map<String, String> topicIds(KafkaSettings settings) throws IOException {
    List<String> names = List.of(settings.eventsTopic(), settings.itemsTopic());
    Map<String, String> ids = new HashMap<>();
    try (Admin admin = Admin.create(ClientProperties.admin(settings))) {
      Topics.describe(admin, names)
          .forEach((name, topic) -> ids.put(name, topic.topicId().toString()));
    } catch (KafkaException e) {
      throw new IOException(settings.bootstrapServers() + ": " + e.getMessage(), e);
    }
    return ids;
  }

  /**
   * The first offset that is kept of every partition of the events topic and the items topic.
   *
   * @throws IOException if a topic does not exist or the broker does not answer
   */
  public static Map<SourcePartition, Long> firstOffsets(KafkaSettings settings) throws IOException {
    List<String> names = List.of(settings.eventsTopic(), settings.itemsTopic());
    Map<SourcePartition, Long> first = new HashMap<>();
    try (Admin admin = Admin.create(ClientProperties.admin(settings))) {
      Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
      Map<String, TopicDescription> topics = Topics.describe(admin, names);
      for (String name : names) {
        TopicDescription topic = topics.get(name);
        if (topic == null) {
          throw new IOException("Kafka has no topic " + name);
        }
        topic
            .partitions()
            .forEach(info ->
                asked.put(new TopicPartition(name, info.partition()), OffsetSpec.earliest()));
      }
      Topics.await(admin.listOffsets(asked).all())
          .forEach((partition, found) ->
              first.put(
                  new SourcePartition(partition.topic(), partition.partition()), found.offset()));
    } catch (KafkaException e) {
      throw new IOException(settings.bootstrapServers() + ": " + e.getMessage(), e);
    }
    return first;
  }
}
