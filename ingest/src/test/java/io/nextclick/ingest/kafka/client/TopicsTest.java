// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.item.Item;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.kafka.TestBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The topics that we make: what they keep, and whose clock they follow. */
class TopicsTest {

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  private final KafkaSettings settings = BROKER.freshSettings();

  /**
   * Descriptions out of order, and one that is no event behind one that is: what the topic keeps,
   * by its own settings, gives the catalogue that is served.
   */
  @Test
  void items_foldedAgainFromWhatTheTopicKeeps_areThoseThatAreServed() throws Exception {
    List<SourceRecord> records;
    Config config;
    try (Admin admin = BROKER.admin()) {
      Topics.createMissing(admin, settings);
      publish("lamp", item("a", "lamp", "red", 2_000));
      publish("lamp", item("b", "lamp", "grey, and older", 1_000));
      publish("sofa", item("c", "sofa", "wide", 1_000));
      publish("sofa", "{\"no\":\"event\"}".getBytes(UTF_8));
      records = read();
      config = config(admin);
    }
    assertThat(records).hasSize(4);
    Map<String, Item> served = fold(records);
    assertThat(served).containsOnlyKeys("lamp", "sofa");
    assertThat(served.get("lamp").attributes()).containsEntry("colour", List.of("red"));

    assertThat(fold(kept(records, config))).isEqualTo(served);
    assertThat(config.get("retention.ms").value()).isEqualTo("-1");
    assertThat(config.get("retention.bytes").value()).isEqualTo("-1");
  }

  @Test
  void itemsAreNotKept_topicOfAnEarlierVersion_isToldWithTheRemedy() throws Exception {
    try (Admin admin = BROKER.admin()) {
      NewTopic old = new NewTopic(settings.itemsTopic(), 1, (short) 1);
      admin.createTopics(List.of(old.configs(Map.of("cleanup.policy", "compact")))).all().get();
      // The broker's word for what was made reaches its own view of it a little later.
      await()
          .untilAsserted(() ->
              assertThat(Topics.itemsAreNotKept(admin, settings.itemsTopic()))
                  .contains(settings.itemsTopic() + " is compacted")
                  .contains(
                      "Set cleanup.policy=delete, retention.bytes=-1, retention.ms=-1 of the"
                          + " topic"));
      List<AlterConfigOp> remedy = new ArrayList<>();
      Topics.KEPT.forEach((name, value) ->
          remedy.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
      admin.incrementalAlterConfigs(Map.of(resource(), remedy)).all().get();
      await()
          .untilAsserted(
              () -> assertThat(Topics.itemsAreNotKept(admin, settings.itemsTopic())).isNull());
    }
  }

  @Test
  void publish_clockTwoHoursAhead_isTakenAndTheBrokersTimeCounts() throws Exception {
    long before = System.currentTimeMillis();
    try (Admin admin = BROKER.admin()) {
      Topics.createMissing(admin, settings);
    }
    long ahead = before + Duration.ofHours(2).toMillis();
    byte[] value = item("a", "lamp", "red", ahead);
    send(new ProducerRecord<>(settings.itemsTopic(), 0, ahead, "lamp".getBytes(UTF_8), value));
    assertThat(read().getFirst().appendTimeMillis())
        .isBetween(before - 1_000, before + Duration.ofMinutes(10).toMillis());
  }

  @Test
  void refusal_whatABrokerSays_isNoBrokerThatIsAway() {
    Instant now = Instant.parse("2026-11-30T14:00:00Z");
    assertThat(EventPublisher.refusal(new InvalidTimestampException("too far ahead"), now))
        .contains("this service's clock gives, 2026-11-30T14:00:00Z: put the clocks right");
    assertThat(EventPublisher.refusal(new TopicAuthorizationException("no right to write"), now))
        .isEqualTo("Kafka refuses the events: no right to write");
    assertThat(EventPublisher.refusal(new TimeoutException("no answer"), now)).isNull();
    assertThat(EventPublisher.refusal(null, now)).isNull();
  }

  /** What a cleaner leaves in the end: all, or the last record of each key. */
  private static Collection<SourceRecord> kept(List<SourceRecord> records, Config config) {
    if (!config.get("cleanup.policy").value().contains("compact")) {
      return records;
    }
    List<String> keys = List.of("lamp", "lamp", "sofa", "sofa");
    Map<String, SourceRecord> last = new LinkedHashMap<>();
    records.forEach(record -> last.put(keys.get((int) record.offset()), record));
    return last.values();
  }

  private static Map<String, Item> fold(Collection<SourceRecord> records) {
    HeapSequenceStore store = new HeapSequenceStore(FoldSettings.DEFAULT);
    store.apply(new SourceBatch(new SourcePartition("items", 0), "", -1, 4, List.copyOf(records)));
    Map<String, Item> items = new TreeMap<>();
    store.items().forEach(item -> items.put(item.id(), item));
    return items;
  }

  private ConfigResource resource() {
    return new ConfigResource(ConfigResource.Type.TOPIC, settings.itemsTopic());
  }

  private Config config(Admin admin) throws Exception {
    return admin.describeConfigs(List.of(resource())).all().get().get(resource());
  }

  private static byte[] item(String id, String item, String colour, long time) {
    Map<String, List<String>> attributes = Map.of("colour", List.of(colour));
    return EventJson.encode(
        new Event(id, "item", null, List.of(item), time, null, Map.of(), attributes, true));
  }

  private void publish(String key, byte[] value) throws Exception {
    send(new ProducerRecord<>(settings.itemsTopic(), key.getBytes(UTF_8), value));
  }

  private void send(ProducerRecord<byte[], byte[]> record) throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", settings.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(record).get();
    }
  }

  private List<SourceRecord> read() {
    try (var consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", settings.bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      TopicPartition partition = new TopicPartition(settings.itemsTopic(), 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      List<SourceRecord> records = new ArrayList<>();
      while (records.size() < end) {
        consumer
            .poll(Duration.ofSeconds(1))
            .forEach(record ->
                records.add(
                    new SourceRecord(
                        record.offset(),
                        record.timestamp(),
                        EventJson.decode(record.value()),
                        record.value())));
      }
      return records;
    }
  }
}
