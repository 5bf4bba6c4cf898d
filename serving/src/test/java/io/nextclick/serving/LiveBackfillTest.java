// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
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
    try (RunningService service = start()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> post(service, 0) == 200);
      for (int round = 1; round < 2 * SHORT; round++) {
        assertThat(post(service, round)).isEqualTo(200);
      }
      assertThat(entries(service)).isEqualTo(SHORT);

      // A change that cannot be kept is none.
      Path inTheWay = Files.createDirectory(directory.resolve("serving-store.json.new"));
      CommandRun refused = backfill(service, longer, LONG);
      assertThat(refused.status()).as(refused.output()).isEqualTo(1);
      assertThat(refused.output()).contains("serving-store.json.new");
      assertThat(post(service, 100)).isEqualTo(200);
      assertThat(entries(service)).isEqualTo(SHORT);
      Files.delete(inTheWay);

      CommandRun other = backfill(service, longer, LONG + 1);
      assertThat(other.status()).isEqualTo(1);
      assertThat(other.output()).contains("maxHistory=60", "maxHistory=61");
      CommandRun itself = backfill(service, directory.resolve("store"), SHORT);
      assertThat(itself.status()).isEqualTo(1);
      assertThat(itself.output()).contains("store serves already");

      whileRequestsGoOn(
          service,
          () -> {
            CommandRun run = backfill(service, longer, LONG);
            assertThat(run.status()).as(run.output()).isZero();
            assertThat(run.output()).contains("Serving from " + longer);
          });
      assertThat(post(service, 101)).isEqualTo(200);
      assertThat(entries(service)).isBetween(2 * SHORT, LONG);
    }
    try (RunningService service = start()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> post(service, 102) == 200);
      assertThat(entries(service)).isBetween(2 * SHORT, LONG);
      rank(service, new Random(SEED));
      export(topics);
    }
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

  private void export(Path topics) throws IOException {
    String kafka = Files.readString(directory.resolve("kafka.address"));
    CommandRun export = CommandRun.of("export", topics.toString(), "--kafka", kafka);
    assertThat(export.status()).as(export.output()).isZero();
  }

  private static String fold(Path topics, Path store, int history) {
    CommandRun folded =
        CommandRun.of(
            "replay", topics.toString(), "--to=store", "--store=" + store, "--history=" + history);
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

  private static CommandRun backfill(RunningService service, Path store, int history) {
    return CommandRun.of(
        "backfill",
        "--service=http://127.0.0.1:" + service.adminPort(),
        "--store=" + store,
        "--history=" + history);
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
