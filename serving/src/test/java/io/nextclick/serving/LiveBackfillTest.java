// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store with a longer history takes the place of the one that serves, while requests go on. */
@Timeout(300)
class LiveBackfillTest {

  private static final int USERS = 30;
  private static final int ITEMS = 50;
  private static final int SHORT = 20;
  private static final int LONG = 60;
  private static final long SEED = 20_261_123;

  @TempDir private Path directory;

  private final AtomicInteger events = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();

  @Test
  void backfill_underRequests_servesTheLongerHistory_andLosesNothing() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", ITEMS, 5);
    Path topics = directory.resolve("topics.jsonl.zst");
    Path longer = directory.resolve("longer");
    Path copy;
    try (RunningService service = start()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> post(service, 0) == 200);
      for (int round = 1; round < 2 * SHORT; round++) {
        assertThat(post(service, round)).isEqualTo(200);
      }
      assertThat(entries(service)).isEqualTo(SHORT);

      // A change that cannot be kept is none.
      Path inTheWay = Files.createDirectory(directory.resolve(".serving-store.json.unfinished"));
      CommandRun refused = backfill(service, longer, LONG);
      assertThat(refused.status()).as(refused.output()).isEqualTo(1);
      assertThat(refused.output()).contains(".serving-store.json.unfinished");
      assertThat(post(service, 100)).isEqualTo(200);
      assertThat(entries(service)).isEqualTo(SHORT);
      Files.delete(inTheWay);

      CommandRun other = backfill(service, longer, LONG + 1);
      assertThat(other.status()).isEqualTo(1);
      assertThat(other.output()).contains("maxHistory=60", "maxHistory=61");
      CommandRun itself = backfill(service, directory.resolve("store"), SHORT);
      assertThat(itself.status()).isEqualTo(1);
      assertThat(itself.output()).contains("store serves already");
      refusesOtherPlaces(service);
      assertThat(task(service, "store=" + longer + "&history=abc"))
          .contains("history=abc is no number");

      whileRequestsGoOn(
          service,
          () -> {
            CommandRun run = backfill(service, longer, LONG);
            assertThat(run.status()).as(run.output()).isZero();
            assertThat(run.output())
                .contains("Serving from " + longer)
                .contains(directory.resolve("store") + " is not used any more");
          });
      assertThat(post(service, 101)).isEqualTo(200);
      assertThat(entries(service)).isBetween(2 * SHORT, LONG);
    }
    try (RunningService service = start()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> post(service, 102) == 200);
      assertThat(entries(service)).isBetween(2 * SHORT, LONG);
      rank(service, new Random(SEED));
      export(topics);
      copy = checkpoint(service);
    }
    startsFrom(copy);
    isTheFoldOf(topics, longer, LONG);
    answersAreProven(topics);
  }

  @Test
  void backfill_ofAnExportedLog_goesOnBehindIt() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", ITEMS, 5);
    Path archive = directory.resolve("archive.jsonl.zst");
    Path topics = directory.resolve("topics.jsonl.zst");
    Path filled = directory.resolve("filled");
    try (RunningService service = start()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> post(service, 0) == 200);
      for (int round = 1; round < SHORT; round++) {
        assertThat(post(service, round)).isEqualTo(200);
      }
      export(archive);
      fold(archive, filled, LONG);
      for (int round = 0; round < SHORT; round++) {
        assertThat(post(service, round)).isEqualTo(200);
      }
      CommandRun run = backfill(service, filled, LONG);
      assertThat(run.status()).as(run.output()).isZero();
      assertThat(entries(service)).isEqualTo(2 * SHORT);
      assertThat(post(service, 7)).isEqualTo(200);
      export(topics);
      // What it has, it does not fold again.
      assertThat(fold(archive, directory.resolve("twice"), LONG)).contains("Folded 600 lines");
      assertThat(fold(archive, directory.resolve("twice"), LONG)).contains("Folded 0 lines");
    }
    isTheFoldOf(topics, filled, LONG);
  }

  @Test
  void backfill_ofAnArchive_withoutTheNamesOfTheErased_isRefused() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", ITEMS, 5);
    Path archive = directory.resolve("archive.jsonl.zst");
    try (RunningService service = start()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> post(service, 0) == 200);
      erase(service, "u3");
      export(archive);
      fold(archive, directory.resolve("without"), LONG);
      CommandRun refused = backfill(service, directory.resolve("without"), LONG);
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.output()).contains("--forget-as");

      String forget = "--forget-as=" + checkpoint(service);
      fold(archive, directory.resolve("with"), LONG, forget);
      CommandRun run = backfill(service, directory.resolve("with"), LONG);
      assertThat(run.status()).as(run.output()).isZero();
      assertThat(service.get("/v1/users/u3").statusCode()).isEqualTo(404);
    }
  }

  /** Groups of a real broker take seconds to join, and its log has a retention. */
  @Test
  void backfill_onABrokerOfOthers_readsAllBeforeItMoves_andSaysWhatIsLost() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", ITEMS, 5);
    Path longer = directory.resolve("longer");
    Path lossy = directory.resolve("lossy");
    Map<String, String> late = Map.of("group.initial.rebalance.delay.ms", "2000");
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("log"), 0, late);
        RunningService service = start(broker.bootstrapServers())) {
      await().atMost(Duration.ofSeconds(60)).until(() -> post(service, 0) == 200);
      for (int round = 1; round < 2 * SHORT; round++) {
        assertThat(post(service, round)).isEqualTo(200);
      }
      CommandRun run = backfill(service, longer, LONG);
      assertThat(run.status()).as(run.output()).isZero();
      assertThat(run.output()).containsPattern("Caught up after 1,[0-9]{3} records");
      assertThat(entries(service)).isEqualTo(2 * SHORT);

      deleteFirstRecords(broker.bootstrapServers(), 1);
      CommandRun refused = backfill(service, lossy, LONG);
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.output())
          .contains("offsets 0 to 0 of nextclick-events-0", "docs/replay.md", "--accept-loss");
      assertThat(entries(service)).isEqualTo(2 * SHORT);

      deleteFirstRecords(broker.bootstrapServers(), -1);
      CommandRun accepted = backfill(service, lossy, LONG, "--accept-loss");
      assertThat(accepted.status()).as(accepted.output()).isZero();
      assertThat(accepted.output()).contains("Without offsets 0 to ");
      assertThat(service.get("/v1/users/u7").statusCode()).isEqualTo(404);
      assertThat(post(service, 1)).isEqualTo(200);
      assertThat(entries(service)).isEqualTo(1);
    }
  }

  /** As retention does. */
  private static void deleteFirstRecords(String servers, long before) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      Map<TopicPartition, RecordsToDelete> all =
          IntStream.range(0, 6)
              .boxed()
              .collect(
                  Collectors.toMap(
                      p -> new TopicPartition("nextclick-events", p),
                      p -> RecordsToDelete.beforeOffset(before)));
      admin.deleteRecords(all).all().get();
    }
  }

  private void refusesOtherPlaces(RunningService service) throws Exception {
    Path copy = checkpoint(service);
    Path moved = Files.move(copy, directory.resolve("copy"));
    assertThat(task(service, "store=" + moved)).contains("is a checkpoint");
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("store"));
    for (Path taken : List.of(copy.getParent().resolve("x"), link.resolve("x"), directory)) {
      assertThat(task(service, "store=" + taken)).contains("lie one within the other");
    }
  }

  private static Path checkpoint(RunningService service) {
    CommandRun asked =
        CommandRun.of("checkpoint", "--service", "http://127.0.0.1:" + service.adminPort());
    assertThat(asked.status()).as(asked.output()).isZero();
    return Path.of(asked.output().strip().replace("Wrote checkpoint ", ""));
  }

  /** The copy has a longer history than is configured: so it has now and after a restart. */
  private void startsFrom(Path copy) throws Exception {
    Path home = Files.createDirectory(directory.resolve("restored"));
    Path config = RunningService.configuration(home, "kafka: none", "maxHistory: " + SHORT);
    try (RunningService service = RunningService.of(NextclickServer.start(config, copy))) {
      assertThat(entries(service)).isBetween(2 * SHORT, LONG);
    }
    try (RunningService service = RunningService.of(NextclickServer.start(config))) {
      assertThat(entries(service)).isBetween(2 * SHORT, LONG);
    }
  }

  private static void erase(RunningService service, String user) throws Exception {
    assertThat(
            service
                .send("DELETE", "/v1/users/" + user + "?wait=true", BodyPublishers.noBody())
                .statusCode())
        .isEqualTo(200);
  }

  /** What the task answers, called without the command. */
  private static String task(RunningService service, String query) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + service.adminPort() + "/tasks/backfill?" + query);
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(uri).POST(BodyPublishers.noBody()).build(),
              BodyHandlers.ofString())
          .body();
    }
  }

  private void export(Path topics) throws IOException {
    String kafka = Files.readString(directory.resolve("kafka.address"));
    CommandRun export = CommandRun.of("export", topics.toString(), "--kafka", kafka);
    assertThat(export.status()).as(export.output()).isZero();
  }

  private static String fold(Path topics, Path store, int history, String... more) {
    List<String> arguments = new ArrayList<>(List.of("replay", topics.toString(), "--to=store"));
    arguments.addAll(List.of("--store=" + store, "--history=" + history));
    arguments.addAll(more.length > 0 ? List.of(more) : List.of("--forget-nobody"));
    CommandRun folded = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(folded.status()).as(folded.output()).isZero();
    return folded.output();
  }

  /** Byte for byte what an independent fold of the exported log makes of it. */
  private void isTheFoldOf(Path topics, Path store, int history) throws IOException {
    Path check = directory.resolve("check");
    fold(topics, check, history);
    try (RocksDbSequenceStore expected = RocksDbSequenceStore.openReadOnly(check);
        RocksDbSequenceStore actual = RocksDbSequenceStore.openReadOnly(store)) {
      assertThat(sequences(actual)).isEqualTo(sequences(expected)).hasSize(USERS);
      Map<SourcePartition, PartitionState> partitions = actual.partitions();
      expected
          .partitions()
          .forEach((partition, state) -> {
            assertThat(partitions.get(partition).digest()).isEqualTo(state.digest());
            assertThat(partitions.get(partition).counters()).isEqualTo(state.counters());
            assertThat(partitions.get(partition).nextOffset()).isEqualTo(state.nextOffset());
          });
    }
  }

  private static Map<String, String> sequences(RocksDbSequenceStore store) {
    Map<String, String> values = new TreeMap<>();
    store.forEachStored(
        (partition, user, value) -> values.put(user, HexFormat.of().formatHex(value)));
    return values;
  }

  private void answersAreProven(Path topics) {
    CommandRun proof =
        CommandRun.of(
            "replay",
            "--verify=" + directory.resolve("answers"),
            "--events=" + topics,
            "--models=" + directory.resolve("models"),
            "--user-key=" + directory.resolve("user.key"));
    assertThat(proof.status()).as(proof.output()).isZero();
    assertThat(proof.output())
        .contains("Proven: %,d of %<,d answers equal".formatted(requests.get()));
  }

  private static CommandRun backfill(
      RunningService service, Path store, int history, String... more) {
    List<String> arguments = new ArrayList<>(List.of("backfill", "--store=" + store));
    arguments.add("--service=http://127.0.0.1:" + service.adminPort());
    arguments.add("--history=" + history);
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private interface Meanwhile {
    void run() throws Exception;
  }

  /** None may fail: ranking, and sending events. */
  private void whileRequestsGoOn(RunningService service, Meanwhile meanwhile) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<Void>> running = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        Random random = new Random(SEED + t);
        running.add(threads.submit(until(done, () -> rank(service, random))));
      }
      running.add(
          threads.submit(
              until(
                  done,
                  () -> {
                    assertThat(send(service, "/v1/events", 1)).isEqualTo(202);
                    Thread.sleep(200);
                  })));
      try {
        meanwhile.run();
        Thread.sleep(500);
      } finally {
        done.set(true);
      }
      for (Future<Void> one : running) {
        one.get();
      }
    }
  }

  private static Callable<Void> until(AtomicBoolean done, Meanwhile work) {
    return () -> {
      while (!done.get()) {
        work.run();
      }
      return null;
    };
  }

  private void rank(RunningService service, Random random) throws Exception {
    String body =
        "{\"user\":\"u%d\",\"request\":\"r%d\",\"limit\":10}"
            .formatted(random.nextInt(USERS), requests.getAndIncrement());
    var response = service.post("/v1/rank", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).contains("\"fallback\":null");
  }

  private int post(RunningService service, int round) throws Exception {
    return send(service, "/v1/events?wait=true", round);
  }

  private int send(RunningService service, String path, int round) throws Exception {
    String lines =
        IntStream.range(0, USERS)
            .mapToObj(u -> event(u, 1 + (u + round) % ITEMS))
            .collect(Collectors.joining("\n"));
    return service
        .send("POST", path, BodyPublishers.ofString(lines), "Content-Type", "application/x-ndjson")
        .statusCode();
  }

  private String event(int user, int item) {
    int id = events.getAndIncrement();
    return "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"u%d\",\"item\":\"i%d\",\"time\":%d}"
        .formatted(id, user, item, 1_767_225_600_000L + id * 1_000L);
  }

  /** Events stored of one user. */
  private static int entries(RunningService service) throws Exception {
    return RunningService.json(service.get("/v1/users/u7")).get("entries").size();
  }

  /** With the log on a broker that others run. */
  private RunningService start(String servers) throws Exception {
    String yaml =
        """
        kafka: {servers: "%s"}
        model: {directory: "%s", active: shop/v1}
        requests: {maxWait: 10s}
        """
            .formatted(servers, directory.resolve("models"));
    return RunningService.start(directory, yaml, "maxHistory: " + SHORT);
  }

  private RunningService start() throws Exception {
    int port = LiveAnswersTest.freePort();
    Files.writeString(directory.resolve("kafka.address"), "127.0.0.1:" + port);
    String yaml =
        """
        kafka: {servers: embedded, port: %d, directory: "%s"}
        model: {directory: "%s", active: shop/v1}
        answers: {sample: 1}
        requests: {maxWait: 10s}
        """
            .formatted(port, directory.resolve("log"), directory.resolve("models"));
    return RunningService.start(directory, yaml, "maxHistory: " + SHORT);
  }
}
