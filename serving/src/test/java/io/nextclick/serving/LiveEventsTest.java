// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.KafkaIngest;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a service says of events whose topic, or whose shape, is not what it was. */
@Timeout(180)
class LiveEventsTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final long START = 1_600_000_000_000L;
  private static final AtomicInteger NAMES = new AtomicInteger();

  @TempDir private static Path log;
  private static EmbeddedBroker broker;

  @TempDir private Path directory;
  private final String events = "t" + NAMES.incrementAndGet() + "-events";

  @BeforeAll
  static void startBroker() throws IOException {
    broker = EmbeddedBroker.start(log, 0, Map.of("group.initial.rebalance.delay.ms", "0"));
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void waitTrue_saysTheVerdictOfEachEvent() throws Exception {
    try (RunningService service = start(1, "maxHistory: 1")) {
      String first = click("e1", "ann", "i1", 5_000);
      assertThat(post(service, first, first, click("e2", "ann", "i2", 4_000)))
          .isEqualTo(
              "{\"accepted\":3,\"folded\":true,\"verdicts\":[\"applied\",\"duplicate\",\"late\"]}");
      assertThat(erase(service, "ann").statusCode()).isEqualTo(200);
      assertThat(post(service, click("e3", "ann", "i3", 6_000))).contains("[\"erased\"]");
      assertThat(service.post("/v1/events", click("e4", "bob", "i1", 1)).body())
          .isEqualTo("{\"accepted\":1,\"folded\":false}");
    }
  }

  @Test
  void timesOutsideTheSetting_areRefusedOverHttpAndInTheTopic() throws Exception {
    String store = "maxHistory: 9, earliest: 1985-01-01, latest: 2020-10-01";
    try (RunningService service = start(1, store);
        KafkaProducer<String, String> producer = producer()) {
      post(service, click("old", "ann", "i1", 500_000_000_000L - START));
      String late = click("late", "ann", "i2", 1_700_000_000_000L - START);
      HttpResponse<String> refused = wait(service, late);
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
      assertThat(refused.body()).contains("the time is after 2020-10-01T00:00:00Z");
      producer.send(new ProducerRecord<>(events, 0, "ann", late)).get();
      post(service, click("good", "ann", "i3", 5_000));
      assertThat(service.admin("/metrics").body())
          .contains("nextclick_ingest_refused_records_total{reason=\"bad-time\"} 1.0");
      assertThat(service.get("/v1/users/ann").body()).contains("i1", "i3").doesNotContain("i2");
    }
  }

  @Test
  void topicMadeAgain_nothingIsSaidToBeFoldedOrErased() throws Exception {
    try (RunningService service = start(1, "maxHistory: 9")) {
      for (int i = 0; i < 5; i++) {
        post(service, click("e" + i, "ann", "i" + i, 1_000 + i));
      }
      try (Admin admin = admin()) {
        admin.deleteTopics(List.of(events)).all().get();
        await().atMost(SOON).until(() -> !admin.listTopics().names().get().contains(events));
        create(admin, 1);
      }
      // At offset 0 of the new topic: the state has passed that offset of the old one.
      HttpResponse<String> erased = erase(service, "ann");
      assertThat(erased.statusCode()).as(erased.body()).isEqualTo(503);
      assertThat(erased.body()).contains("not folded", events + "-0", "re-created");
      HttpResponse<String> posted = wait(service, click("f", "bob", "i", 1_000));
      assertThat(posted.statusCode()).as(posted.body()).isEqualTo(503);
      assertThat(service.get("/v1/users/ann").statusCode()).isEqualTo(200);
      assertThat(service.admin("/ready").body()).contains("is stopped", "re-created");
      assertThat(service.admin("/healthcheck").statusCode()).isEqualTo(500);
    }
  }

  @Test
  void topicThatGrew_whatWasBoughtIsNotShown_andErasingForgetsAll() throws Exception {
    String user =
        IntStream.range(0, 100)
            .mapToObj(i -> "u" + i)
            .filter(u -> partition(u, 6) == 4)
            .findFirst()
            .orElseThrow();
    try (RunningService service = start(1, "maxHistory: 9");
        KafkaProducer<String, String> producer = producer()) {
      post(service, event("b1", "purchase", user, "shoe", 1_000));
      try (Admin admin = admin()) {
        admin.createPartitions(Map.of(events, NewPartitions.increaseTo(6))).all().get();
      }
      producer
          .send(new ProducerRecord<>(events, 4, user, event("b2", "purchase", user, "sock", 2_000)))
          .get();
      await().atMost(SOON).until(() -> service.get("/v1/users/" + user).body().contains("sock"));

      assertThat(service.get("/v1/users/" + user).body()).contains("shoe");
      assertThat(rank(service, user)).containsExactly("hat");

      String request = "{\"id\":\"x\",\"action\":\"erase\",\"user\":\"%s\",\"time\":1600000003000}";
      producer.send(new ProducerRecord<>(events, 4, user, request.formatted(user))).get();
      await().atMost(SOON).until(() -> service.get("/v1/users/" + user).statusCode() == 404);
      assertThat(rank(service, user)).containsExactlyInAnyOrder("hat", "shoe", "sock");
    }
  }

  @Test
  void recordsOfAnotherShape_areToldInHealthAndMetrics() throws Exception {
    try (RunningService service = start(1, "maxHistory: 9");
        KafkaProducer<String, String> producer = producer()) {
      post(service, click("e1", "ann", "i1", 5_000));
      assertThat(service.admin("/healthcheck").statusCode()).isEqualTo(200);
      for (int i = 0; i < 8; i++) {
        producer.send(new ProducerRecord<>(events, 0, "ann", "{\"user_id\":" + i + "}")).get();
      }
      await().atMost(SOON).until(() -> service.admin("/healthcheck").statusCode() == 500);
      assertThat(service.admin("/healthcheck").body())
          .contains("8 of 9 records of the last 5 minutes refused");
      assertThat(service.admin("/metrics").body())
          .contains("nextclick_ingest_refused_records_total{reason=\"unknown-field\"} 8.0")
          .containsPattern("nextclick_ingest_refused_share 0\\.8");
      assertThat(service.admin("/ready").statusCode()).isEqualTo(200);
      assertThatTheCommandTells("--service=http://127.0.0.1:" + service.adminPort());
      // A store can be read beside the service that writes it.
      assertThatTheCommandTells("--store=" + directory.resolve("store"));
    }
  }

  @Test
  void diskWithoutRoom_isAFault_andRankingGoesOn() throws Exception {
    try (RunningService service = start(1, "maxHistory: 9, minFreeSpace: 1000TiB")) {
      await().atMost(SOON).until(() -> service.admin("/healthcheck").statusCode() == 500);
      assertThat(service.admin("/healthcheck").body()).contains("reading pauses", "make room");
      assertThat(service.admin("/metrics").body())
          .contains("nextclick_ingest_state{state=\"paused\"} 1.0");
      assertThat(service.admin("/ready").statusCode()).isEqualTo(200);
      assertThat(rank(service, "ann")).hasSize(3);
    }
  }

  @Test
  void diskWithoutRoom_isToldOnce_asAWarning() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(KafkaIngest.class.getPackageName());
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    KafkaSettings settings =
        KafkaSettings.of(broker.bootstrapServers())
            .withTopics(events, events + "-i", events + "-d")
            .withGroupId(events);
    IngestSettings full = IngestSettings.in(directory).withMinFreeBytes(1L << 60);
    try (RocksDbSequenceStore store =
            RocksDbSequenceStore.open(directory.resolve("store"), FoldSettings.DEFAULT);
        KafkaIngest ingest = KafkaIngest.start(settings, full, store, InstantSource.system())) {
      await().atMost(SOON).until(() -> ingest.status().state() == IngestStatus.State.PAUSED);
      await()
          .during(Duration.ofSeconds(1))
          .until(
              () -> warnings(lines).stream().filter(line -> line.contains("PAUSED")).count() == 1);
    } finally {
      logger.detachAppender(lines);
    }
  }

  private static List<String> warnings(ListAppender<ILoggingEvent> lines) {
    return List.copyOf(lines.list).stream()
        .filter(line -> line.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  private void assertThatTheCommandTells(String where) {
    CommandRun count = CommandRun.of("deadletters", "count", "--by=reason", where);
    assertThat(count.status()).as(count.output()).isZero();
    assertThat(count.output()).containsPattern("8  unknown-field\\R +8  in all");
    CommandRun list = CommandRun.of("deadletters", "list", "--limit=2", where);
    assertThat(list.output())
        .contains(events + "-0@7", events + "-0@8", "unknown-field", "2 listed")
        .doesNotContain("user_id\":", events + "-0@6");
    CommandRun show = CommandRun.of("deadletters", "show", events + "-0@8", where);
    assertThat(show.output()).contains("{\"user_id\":7}", "unknown-field", "SHA-256");
    CommandRun none = CommandRun.of("deadletters", "show", events + "-0@0", where);
    assertThat(none.status()).isNotZero();
    assertThat(none.output()).contains("no record from there was refused");
  }

  private RunningService start(int partitions, String store) throws Exception {
    try (Admin admin = admin()) {
      create(admin, partitions);
    }
    String yaml =
        """
        kafka: {servers: "%s", eventsTopic: %s, itemsTopic: %s-i, deadLetterTopic: %s-d, groupId: %s}
        ranking: {excludeActions: [purchase]}
        """
            .formatted(broker.bootstrapServers(), events, events, events, events);
    RunningService service = RunningService.start(directory, yaml, store);
    await().atMost(SOON).until(() -> service.admin("/ready").statusCode() == 200);
    // Ready is said when events can be taken, not before.
    assertThat(service.admin("/ready").body()).contains("\"events\":\"taken\"");
    return service;
  }

  private static Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  private static KafkaProducer<String, String> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker.bootstrapServers(), "metadata.max.age.ms", "500"),
        new StringSerializer(),
        new StringSerializer());
  }

  private void create(Admin admin, int partitions) throws Exception {
    NewTopic topic = new NewTopic(events, Optional.of(partitions), Optional.empty());
    admin.createTopics(Set.of(topic)).all().get();
  }

  private static int partition(String user, int partitions) {
    byte[] key = user.getBytes(StandardCharsets.UTF_8);
    return Utils.toPositive(Utils.murmur2(key)) % partitions;
  }

  private static String click(String id, String user, String item, long time) {
    return event(id, "click", user, item, time);
  }

  private static String event(String id, String action, String user, String item, long time) {
    return "{\"id\":\"%s\",\"action\":\"%s\",\"user\":\"%s\",\"item\":\"%s\",\"time\":%d}"
        .formatted(id, action, user, item, START + time);
  }

  private static HttpResponse<String> wait(RunningService service, String... lines)
      throws Exception {
    return service.send(
        "POST",
        "/v1/events?wait=true",
        BodyPublishers.ofString(String.join("\n", lines)),
        "Content-Type",
        "application/x-ndjson");
  }

  private static String post(RunningService service, String... lines) throws Exception {
    HttpResponse<String> response = wait(service, lines);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private static HttpResponse<String> erase(RunningService service, String user) throws Exception {
    return service.send("DELETE", "/v1/users/" + user + "?wait=true", BodyPublishers.noBody());
  }

  private static List<String> rank(RunningService service, String user) throws Exception {
    String body = "{\"user\":\"%s\",\"candidates\":[\"shoe\",\"sock\",\"hat\"]}".formatted(user);
    HttpResponse<String> response = service.post("/v1/rank", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return RunningService.json(response)
        .get("items")
        .valueStream()
        .map((JsonNode item) -> item.get("item").asText())
        .toList();
  }
}
