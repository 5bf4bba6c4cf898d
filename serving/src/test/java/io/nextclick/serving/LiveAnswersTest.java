// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.ingest.log.TopicLog;
import io.nextclick.ingest.log.TopicLogReader;
import io.nextclick.ingest.log.TopicRecord;
import io.nextclick.serving.answer.AnswerLogReader;
import io.nextclick.serving.answer.LoggedAnswer;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Answers given while events arrive, made again afterwards. As many as {@code -Dnextclick.answers}
 * says; 900 without it.
 */
class LiveAnswersTest {

  private static final int ANSWERS = Integer.getInteger("nextclick.answers", 900);
  private static final int USERS = 150;
  private static final int ITEMS = 200;
  private static final long SEED = 20_261_123;

  @TempDir private Path directory;

  private final AtomicInteger eventIds = new AtomicInteger();
  private final AtomicInteger requestIds = new AtomicInteger();

  @Test
  void verify_answersGivenWhileEventsArrive_overASwapAndARestart_allEqual() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", ITEMS, 5);
    RandomModel.publish(directory.resolve("models"), "v2", ITEMS, 6);
    RandomModel.publish(directory.resolve("models"), "v3", ITEMS, 7);
    int kafka = freePort();
    Path topics = directory.resolve("topics.jsonl.zst");
    try (RunningService service = start(kafka, "shop/v1")) {
      describeItems(service);
      everyUserHasAHistory(service);
      rankWhileEventsArrive(service, ANSWERS / 3);
    }
    try (RunningService service = start(kafka, "shop/v2")) {
      awaitPublished(service);
      rankWhileEventsArrive(service, ANSWERS / 3);
      rankWhileEventsArrive(
          service,
          ANSWERS - ANSWERS / 3 * 2,
          () ->
              assertThat(service.post("/v1/models/shop/v3/activate", "").statusCode())
                  .isEqualTo(200));
      assertThat(
              CommandRun.of("export", topics.toString(), "--kafka", "127.0.0.1:" + kafka).status())
          .isZero();
    }

    CommandRun proof = verify(topics);
    assertThat(proof.status()).as(proof.output()).isZero();
    assertThat(proof.output())
        .contains("%,d answers".formatted(ANSWERS))
        .contains("Proven: %,d of %,d answers equal".formatted(ANSWERS, ANSWERS))
        .contains("shop/v1 ", "shop/v2 ", "shop/v3 ");

    TopicRecord deleted = anEventWithLaterAnswers(topics);
    Path damaged = without(topics, deleted);
    CommandRun caught = verify(damaged);
    assertThat(caught.status()).as("seed=%d %s", SEED, caught.output()).isEqualTo(1);
    assertThat(named(caught)).isEqualTo(answersAfter(deleted)).isNotEmpty();
    assertThat(caught.output())
        .contains("NOT proven")
        .contains("the first at offset " + deleted.record().offset());
  }

  private CommandRun verify(Path topics) {
    return CommandRun.of(
        "replay",
        "--verify",
        directory.resolve("answers").toString(),
        "--events",
        topics.toString(),
        "--models",
        directory.resolve("models").toString(),
        "--user-key",
        directory.resolve("user.key").toString(),
        "--show",
        "1000000");
  }

  private static Set<String> named(CommandRun run) {
    return run.output()
        .lines()
        .filter(line -> line.contains(" by shop/"))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .collect(Collectors.toSet());
  }

  /** An event of the middle of the log, whose user got answers afterwards. */
  private TopicRecord anEventWithLaterAnswers(Path topics) throws IOException {
    List<TopicRecord> behaviour =
        records(topics).stream()
            .filter(record -> event(record).kind() == Event.Kind.BEHAVIOUR)
            .toList();
    for (TopicRecord record : behaviour.subList(behaviour.size() / 2, behaviour.size())) {
      if (!answersAfter(record).isEmpty()) {
        return record;
      }
    }
    throw new AssertionError("no user got an answer after an event of the log's second half");
  }

  private Set<String> answersAfter(TopicRecord record) throws IOException {
    String user = UserKey.read(directory.resolve("user.key")).name(event(record).key());
    AnswerLogReader reader = AnswerLogReader.open(directory.resolve("answers"));
    return Stream.generate(() -> next(reader))
        .takeWhile(answer -> !answer.isEmpty())
        .map(List::getFirst)
        .filter(answer -> answer.user().equals(user))
        .filter(answer -> offset(answer) > record.record().offset())
        .map(LoggedAnswer::request)
        .collect(Collectors.toSet());
  }

  private static long offset(LoggedAnswer answer) {
    Long offset = answer.state().offset();
    return offset == null ? -1 : offset;
  }

  private static List<LoggedAnswer> next(AnswerLogReader reader) {
    try {
      LoggedAnswer answer = reader.next();
      return answer == null ? List.of() : List.of(answer);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Path without(Path topics, TopicRecord deleted) throws IOException {
    Path damaged = directory.resolve("damaged.jsonl.zst");
    try (EventLogWriter out = EventLogWriter.open(damaged)) {
      for (TopicRecord record : records(topics)) {
        boolean same =
            record.partition().equals(deleted.partition())
                && record.record().offset() == deleted.record().offset();
        if (!same) {
          out.write(TopicLog.encode(record));
        }
      }
      out.commit();
    }
    return damaged;
  }

  private static List<TopicRecord> records(Path topics) throws IOException {
    List<TopicRecord> records = new ArrayList<>();
    try (TopicLogReader reader = TopicLogReader.open(topics)) {
      for (TopicRecord record = reader.next(); record != null; record = reader.next()) {
        records.add(record);
      }
    }
    return records;
  }

  private static Event event(TopicRecord record) {
    return (Event) record.record().decoded();
  }

  private RunningService start(int kafka, String model) throws Exception {
    String yaml =
        """
        kafka: {servers: embedded, port: %d, directory: "%s"}
        model: {directory: "%s", active: %s}
        answers: {sample: 1, maxFile: 100KiB}
        requests: {maxWait: 10s}
        """
            .formatted(kafka, directory.resolve("log"), directory.resolve("models"), model);
    return RunningService.start(directory, yaml);
  }

  private void awaitPublished(RunningService service) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> postEvents(service, List.of(event("u0", 1))) == 202);
  }

  private static void describeItems(RunningService service) {
    for (String item : List.of("new-1", "new-2")) {
      String body = "{\"attributes\":{\"kind\":\"%s\"}}".formatted(item);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() ->
              service
                      .send(
                          "PUT",
                          "/v1/items/" + item,
                          BodyPublishers.ofString(body),
                          "Content-Type",
                          "application/json")
                      .statusCode()
                  == 202);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> status(service, "/v1/items/" + item) == 200);
    }
  }

  private void everyUserHasAHistory(RunningService service) {
    List<String> events = IntStream.range(0, USERS).mapToObj(u -> event("u" + u, u)).toList();
    await().atMost(Duration.ofSeconds(60)).until(() -> postEvents(service, events) == 202);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            IntStream.range(0, USERS).allMatch(u -> status(service, "/v1/users/u" + u) == 200));
  }

  private static int status(RunningService service, String path) {
    try {
      return service.get(path).statusCode();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private interface Meanwhile {
    void run() throws Exception;
  }

  private void rankWhileEventsArrive(RunningService service, int answers) throws Exception {
    rankWhileEventsArrive(service, answers, () -> {});
  }

  /** Ranks; does {@code meanwhile} after half of the answers, and gives the last ones after it. */
  private void rankWhileEventsArrive(RunningService service, int answers, Meanwhile meanwhile)
      throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger left = new AtomicInteger(answers);
    CountDownLatch changed = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      Future<Void> events =
          threads.submit(() -> {
            Random random = new Random(SEED);
            while (!done.get()) {
              List<String> batch =
                  IntStream.range(0, 5)
                      .mapToObj(i -> event("u" + random.nextInt(USERS), random.nextInt(ITEMS)))
                      .toList();
              assertThat(postEvents(service, batch)).isEqualTo(202);
            }
            return null;
          });
      List<Future<Void>> rankers = new ArrayList<>();
      for (int t = 0; t < 3; t++) {
        Random random = new Random(SEED + t);
        Callable<Void> ranker =
            () -> {
              while (left.getAndDecrement() > 0) {
                if (left.get() < answers / 4) {
                  changed.await();
                }
                rank(service, random);
              }
              return null;
            };
        rankers.add(threads.submit(ranker));
      }
      await().atMost(Duration.ofMinutes(10)).until(() -> left.get() < answers / 2);
      try {
        meanwhile.run();
      } finally {
        changed.countDown();
      }
      for (Future<Void> ranker : rankers) {
        ranker.get();
      }
      done.set(true);
      events.get();
    }
  }

  private void rank(RunningService service, Random random) throws Exception {
    String candidates =
        random.nextInt(20) == 0
            ? ""
            : Stream.concat(
                    Stream.of("new-1", "nobody-knows"),
                    random.ints(30, 1, ITEMS + 1).mapToObj(i -> "i" + i))
                .map(item -> '"' + item + '"')
                .collect(Collectors.joining(",", ",\"candidates\":[", "]"));
    String body =
        "{\"user\":\"u%d\",\"request\":\"r%d\",\"limit\":10,\"context\":{\"surface\":\"s%d\"}%s}"
            .formatted(
                random.nextInt(USERS), requestIds.getAndIncrement(), random.nextInt(3), candidates);
    var response = service.post("/v1/rank", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).contains("\"fallback\":null");
  }

  private static int postEvents(RunningService service, List<String> events) throws Exception {
    return service
        .send(
            "POST",
            "/v1/events",
            BodyPublishers.ofString(String.join("\n", events)),
            "Content-Type",
            "application/x-ndjson")
        .statusCode();
  }

  private String event(String user, int item) {
    int id = eventIds.getAndIncrement();
    return "{\"id\":\"e%d\",\"action\":\"%s\",\"user\":\"%s\",\"item\":\"i%d\",\"time\":%d}"
        .formatted(
            id, id % 3 == 0 ? "cart" : "click", user, item, 1_767_225_600_000L + id * 1_000L);
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
