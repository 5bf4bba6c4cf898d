// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.ingest.log.RotatingLog.Limits;
import io.nextclick.ingest.log.TopicLog;
import io.nextclick.ingest.log.TopicRecord;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.part.Fields;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.serving.RandomModel;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.rank.Deadline;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.rank.RankingService;
import io.nextclick.serving.state.Freshness;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Five answers for one user, each after one more event, and what may be wrong with the proof. */
class AnswerProofTest {

  private static final SourcePartition PARTITION = new SourcePartition("events", 0);
  private static final int ITEMS = 20;
  private static final int MAX_HISTORY = 50; // of the model
  private static final long NOW = 1_795_341_600_000L;

  @TempDir private Path directory;

  private static final long DAY = 86_400_000;

  private final HeapSequenceStore store =
      new HeapSequenceStore(FoldSettings.DEFAULT.withRetention(new Retention(DAY)));
  private final ModelRegistry models = new ModelRegistry();
  private final List<TopicRecord> log = new ArrayList<>();
  private Scorer scorer;
  private AnswerLog answers;
  private RankingService ranking;
  private boolean stopped;

  @BeforeEach
  void answer() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", ITEMS, 5);
    scorer = open("v1");
    models.activate(new LoadedModel(scorer, "v1"));
    answers =
        new AnswerLog(
            new AnswerLog.Settings(
                directory.resolve("answers"),
                new RequestSample(1),
                new Limits(1 << 20, 1 << 24),
                () -> UserKey.readOrCreate(directory.resolve("user.key")),
                "items",
                1_000),
            store,
            logged -> {});
    answers.start();
    RankingLimits limits = new RankingLimits(100, 100, 3, 60_000, Set.of());
    Freshness freshness = new Freshness(() -> Ownership.OF_NO_LOG, InstantSource.system());
    ranking =
        new RankingService(
            store,
            models,
            limits,
            freshness,
            () -> Instant.ofEpochMilli(NOW),
            Parallelism.NONE,
            List.of(answers));
    for (int i = 0; i < 5; i++) {
      fold(Event.behaviour("e" + i, "click", "u", "i" + (i + 1), NOW + i));
      rank("r" + i, null);
    }
  }

  private Scorer open(String version) throws IOException {
    return ModelBundle.open(directory.resolve("models/shop").resolve(version))
        .scorer(Backend.VECTOR, null);
  }

  @AfterEach
  void close() {
    scorer.close();
  }

  @Test
  void verify_completeLog_provesAll() throws Exception {
    CommandRun run = verify();
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("5 equal (5 bit for bit", "Proven: 5 of 5");
  }

  @Test
  void verify_historyInTwoPartitions_isProvenFromBoth() throws Exception {
    fold(Event.behaviour("g1", "click", "u", "i7", NOW + 2), new SourcePartition("events", 4), 0);
    rank("grown", null);
    fold(Event.behaviour("g2", "click", "u", "i8", NOW + 9), new SourcePartition("events", 4), 1);
    rank("newer", null);
    assertThat(answers("grown").state().others()).containsOnlyKeys("events-4");
    assertThat(answers("newer").state().others()).containsOnlyKeys("events-0");
    assertThat(answers("newer").state().events()).isEqualTo(7);

    CommandRun run = verify();

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("7 equal (7 bit for bit", "Proven: 7 of 7");
  }

  /** The store keeps 256 impressions beside the clicks, and so must the state that proves. */
  @Test
  void verify_morePagesThanTheStoreKeeps_isProven() throws Exception {
    for (int page = 0; page < 3; page++) {
      int first = 100 * page;
      List<String> items = IntStream.range(first, first + 100).mapToObj(i -> "p" + i).toList();
      long time = NOW + 5 + page;
      fold(new Event("p" + page, "impression", "u", items, time, null, Map.of(), Map.of(), true));
    }
    rank("shown", null);
    assertThat(answers("shown").state().events()).isEqualTo(5 + 256);

    CommandRun run = verify();

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("6 equal (6 bit for bit", "Proven: 6 of 6");
  }

  /** What the caller knows of the candidates is as much a part of an answer as the history. */
  @Test
  void verify_candidatesWithNumbers_areProvenByThem() throws Exception {
    Fields fields =
        new Fields(
            List.of("retrieval"),
            List.of(0.5f),
            List.of(0.3f),
            IntStream.range(0, 15).mapToObj(i -> i / 15f).toList());
    RandomModel.publish(
        directory.resolve("models"), "v3", ITEMS, 5, new Calibration.Platt(0.8, -1), fields);
    models.activate(new LoadedModel(open("v3"), "v3"));
    List<String> ids = List.of("i1", "i5", "i9", "i5", "i11");
    rank("plain", null, CandidateList.of(ids));
    CandidateFields given =
        CandidateFields.of(
            Map.of(
                "retrieval", new float[] {0.1f, Float.NaN, 0.9f, 0.7f, 0.3f},
                "unread", new float[5]));
    rank("numbers", null, new CandidateList(ids, given));
    rank("others", null, new CandidateList(ids, given.at(2, 1, 0, 3, 4)));
    LoggedAnswer logged = answers("numbers");
    assertThat(logged.fields()).containsOnlyKeys("retrieval");
    assertThat(logged.fields().get("retrieval")).containsExactly(0.1f, null, 0.9f, 0.3f);
    assertThat(answers("plain").fields()).isNull();
    assertThat(logged.items()).isNotEqualTo(answers("plain").items());
    assertThat(logged.items()).isNotEqualTo(answers("others").items());

    CommandRun run = verify();

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("8 equal (8 bit for bit", "Proven: 8 of 8");
  }

  /** Of a page the catalogue counts, even if the model reads no attributes. */
  @Test
  void verify_pages_areProvenByTheCatalogueOfTheirTime() throws Exception {
    String slate = "{\"method\":\"mmr\",\"size\":3,\"maxPerValue\":{\"colour\":1},\"lambda\":0.3}";
    rankPage("before", slate);
    for (int i : new int[] {1, 5, 9, 11, 13}) {
      describe("i" + i, i == 9 || i == 11 ? "blue" : "green", i);
    }
    rankPage("described", slate);
    describe("i11", "red", 20);
    rankPage("changed", slate);
    rankPage("late", slate, Deadline.after(System.nanoTime(), -1_000));
    assertThat(answers("late").model()).isEqualTo(RankingService.CALLER_ORDER);
    assertThat(answers("late").slate().fallback()).isEqualTo("deadline");
    assertThat(answers("described").slate().method()).isEqualTo(SlateMethod.MMR);
    assertThat(answers("described").items()).isNotEqualTo(answers("before").items());
    assertThat(answers("described").items()).isNotEqualTo(answers("changed").items());
    assertThat(answers("described").catalog()).containsExactly(Map.entry(0, 14L));

    CommandRun run = verify();

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("9 equal (9 bit for bit", "Proven: 9 of 9");
  }

  private void rankPage(String request, String slate) {
    rankPage(request, slate, Deadline.after(System.nanoTime(), 60_000));
  }

  private void rankPage(String request, String slate, Deadline deadline) {
    String body =
        "{\"user\":\"u\",\"request\":\"%s\",\"candidates\":[%s],\"slate\":%s}"
            .formatted(request, "\"i1\",\"i5\",\"i9\",\"i11\",\"i13\"", slate);
    ranking.rank(RankRequest.read(body.getBytes(StandardCharsets.UTF_8), 100, 100), deadline);
  }

  private void describe(String item, String colour, long offset) {
    fold(
        new Event(
            "item-" + offset,
            Event.ITEM,
            null,
            List.of(item),
            NOW + offset,
            null,
            Map.of(),
            Map.of("colour", List.of(colour)),
            true),
        new SourcePartition("items", 0),
        offset);
  }

  /** The time that the retention counts by is told by the events of others. */
  @Test
  void verify_userForgottenAndBackAgain_isProven() throws Exception {
    fold(Event.behaviour("o1", "click", "other", "i7", NOW + 2 * DAY));
    rank("forgotten", null);
    fold(Event.behaviour("b1", "click", "u", "i8", NOW + DAY)); // but for the other, no silence
    rank("back", null);
    fold(Event.behaviour("b2", "click", "u", "i9", NOW + 8)); // too old
    rank("tooOld", null);
    assertThat(answers("forgotten").state().events()).isZero();
    assertThat(answers("back").state().events()).isEqualTo(1);
    assertThat(answers("tooOld").state().events()).isEqualTo(1);

    CommandRun run = verify();

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("8 equal (8 bit for bit", "Proven: 8 of 8");
  }

  /** Three kinds of model, logged before answers had scores. */
  @Test
  void verify_filesOfFormat1_areStillProven() throws Exception {
    publishUncalibrated("v2");
    Path before = Files.createDirectory(directory.resolve("before"));
    try (InputStream file = AnswerProofTest.class.getResourceAsStream("format-1.jsonl.zst")) {
      Files.copy(file, before.resolve("answers-000000000001.jsonl.zst"));
    }

    CommandRun run = verifyLog(before);

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output().replaceAll(" +", " "))
        .contains("6 equal", "1 not checked", "Proven: 6 of 7")
        .containsPattern("shop/v1: log loss [0-9.]+")
        .contains("shop/v2: not calibrated", "popularity: not calibrated");
  }

  @Test
  void verify_modelThatIsNotCalibrated_isProvenByItsScores() throws Exception {
    publishUncalibrated("v2");
    models.activate(new LoadedModel(open("v2"), "v2"));
    rank("uncalibrated", null);
    LoggedAnswer answer = answers("uncalibrated");
    assertThat(answer.model().calibrated()).isFalse();
    assertThat(answer.items()).extracting(LoggedAnswer.Shown::p).containsOnlyNulls();
    assertThat(answer.items()).extracting(LoggedAnswer.Shown::s).doesNotContainNull();

    CommandRun run = verify();

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains("6 equal (6 bit for bit", "Proven: 6 of 6", "shop/v2: not calibrated");
    RandomModel.publish(directory.resolve("others"), "v1", ITEMS, 5);
    RandomModel.publish(directory.resolve("others"), "v2", ITEMS, 7, FLAT);
    assertThat(verify("--models", directory.resolve("others").toString()).output())
        .contains("1 differ from the same state", "NOT proven: 5 of 6");
  }

  /** So flat that no score tells the models apart by its probability. */
  private static final Calibration FLAT =
      new Calibration.Relative(new Calibration.Platt(1e-9, 0.5));

  private void publishUncalibrated(String version) throws IOException {
    Calibration calibration = new Calibration.Relative(new Calibration.Platt(1.5, 0.5));
    RandomModel.publish(directory.resolve("models"), version, ITEMS, 6, calibration);
  }

  @Test
  void verify_modelsSwappedUnderRequestsAndEvents_provesEachByItsOwn() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v2", ITEMS, 6);
    int answered = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int swap = 0; swap < 8; swap++) {
        int from = answered;
        Future<?> ranker =
            threads.submit(
                () -> IntStream.range(from, from + 50).forEach(i -> rank("s" + i, null)));
        Future<?> folder =
            threads.submit(() ->
                IntStream.range(from, from + 50)
                    .forEach(i -> fold(Event.behaviour("s" + i, "click", "u", "i3", NOW + i))));
        String version = swap % 2 == 0 ? "v2" : "v1";
        models.activate(new LoadedModel(open(version), version));
        ranker.get();
        folder.get();
        answered += 50;
      }
    }
    CommandRun run = verify();
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("Proven: 405 of 405", "shop/v1 ", "shop/v2 ");
  }

  @Test
  void verify_eventDeleted_namesTheAnswersAfterItAndTheOffset() throws Exception {
    log.remove(2);
    CommandRun run = verify();
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output().lines().filter(line -> line.contains(" by shop/v1 ")))
        .extracting(line -> line.substring(0, 2))
        .containsExactlyInAnyOrder("r2", "r3", "r4");
    assertThat(run.output())
        .contains("the state has 2 events, had 3: 1 records of events-0 before it are missing")
        .contains("the first at offset 2", "NOT proven: 2 of 5");
  }

  @Test
  void verify_logThatEndsEarly_saysSo() throws Exception {
    log.removeLast();
    CommandRun run = verify();
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).contains("r4 by shop/v1 differs", "the first at offset 4", "4 of 5");
  }

  @Test
  void verify_eventMissingBeyondWhatTheModelReads_isNoProofEither() throws Exception {
    for (int i = 5; i < MAX_HISTORY + 5; i++) {
      fold(Event.behaviour("e" + i, "click", "u", "i1", NOW + i));
    }
    rank("late", null);
    log.removeFirst();
    CommandRun run = verify();
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output())
        .contains("late by shop/v1 equal from other state")
        .contains("1 equal, though the rebuilt state differs");
  }

  @Test
  void verify_modelMissing_namesIt() throws Exception {
    rank("r5", null);
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    CommandRun run = verify("--models", elsewhere.toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output())
        .contains("there is no model " + elsewhere.resolve("shop/v1"))
        .contains("6 whose model is not there");
  }

  @Test
  void verify_otherWeightsUnderTheSameName_differFromTheSameState() throws Exception {
    RandomModel.publish(directory.resolve("others"), "v1", ITEMS, 6);
    CommandRun run = verify("--models", directory.resolve("others").toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output())
        .contains("5 differ from the same state")
        .contains("model shop here is not the one that answered");
  }

  @Test
  void verify_fittedRanker_isNotCheckedAndDoesNotFail() throws Exception {
    models.replaceBaselines(List.of(new LoadedModel(scorer, "records-7")));
    rank("r5", "shop/records-7");
    CommandRun run = verify();
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("1 not checked", "Proven: 5 of 6");
  }

  @Test
  void verify_otherKey_isRefused() throws Exception {
    UserKey.readOrCreate(directory.resolve("other.key"));
    CommandRun run = verify("--user-key", directory.resolve("other.key").toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).contains("named with another key");
  }

  @Test
  void verify_clicksOnWhatWasShown_areCountedWithinTheWindow() throws Exception {
    String shown = firstItem("r0");
    fold(click("c0", shown, "r0", NOW + 60_000));
    fold(click("c1", shown, "r0", NOW + 61_000));
    fold(click("c2", firstItem("r1"), "r1", NOW + 31 * 60_000));
    fold(click("c3", "nobody-saw-it", "r2", NOW + 1_000));
    CommandRun run = verify("--model", directory.resolve("models/shop/v1").toString());
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output().replaceAll(" +", " "))
        .contains("shop/v1 5 15 1 0.0667 1.0000 1.0000")
        .contains("were shown; the first one is the same in 100.0 %");
  }

  /** Another user's click, and two lists under one id. */
  @Test
  void verify_clickOfAnotherUser_countsForNobodyElse() throws Exception {
    String shown = firstItem("r0");
    fold(new Event("c0", "click", "v", List.of(shown), NOW + 9, "r0", Map.of(), Map.of(), true));
    CommandRun run = verify();
    assertThat(run.output().replaceAll(" +", " ")).contains("shop/v1 5 15 0 0.0000");
  }

  @Test
  void verify_oneRequestIdForManyLists_provesAndJoinsEach() throws Exception {
    rank("r0", null);
    rank("r0", null);
    String shown = firstItem("r0");
    fold(click("c0", shown, "r0", NOW + 60_000));
    CommandRun run = verify("--model", directory.resolve("models/shop/v1").toString());
    assertThat(run.output()).contains("Proven: 7 of 7");
    assertThat(run.output().replaceAll(" +", " "))
        .containsPattern("shop/v1 7 21 [123] ")
        .contains("the first one is the same in 100.0 %");
  }

  private String firstItem(String request) throws Exception {
    return answers(request).items().getFirst().item();
  }

  private LoggedAnswer answers(String request) throws Exception {
    AnswerLogReader reader = reader();
    LoggedAnswer answer = reader.next();
    while (answer != null && !answer.request().equals(request)) {
      answer = reader.next();
    }
    assertThat(answer).isNotNull();
    return answer;
  }

  private AnswerLogReader reader() throws Exception {
    stop();
    return AnswerLogReader.open(directory.resolve("answers"));
  }

  private void stop() throws Exception {
    if (!stopped) {
      stopped = true;
      answers.stop();
    }
  }

  private CommandRun verify(String... more) throws Exception {
    stop();
    return verifyLog(directory.resolve("answers"), more);
  }

  private CommandRun verifyLog(Path rankings, String... more) throws Exception {
    Path topics = directory.resolve("topics.jsonl");
    write(topics);
    List<String> arguments =
        new ArrayList<>(
            List.of("replay", "--verify", rankings.toString(), "--events", topics.toString()));
    Map<String, String> options =
        new TreeMap<>(
            Map.of(
                "--models", directory.resolve("models").toString(),
                "--user-key", directory.resolve("user.key").toString(),
                "--backend", "vector"));
    for (int i = 0; i < more.length; i += 2) {
      options.put(more[i], more[i + 1]);
    }
    options.forEach((name, value) -> arguments.addAll(List.of(name, value)));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private void write(Path topics) throws IOException {
    try (EventLogWriter out = EventLogWriter.open(topics)) {
      for (TopicRecord record : log) {
        out.write(TopicLog.encode(record));
      }
      out.commit();
    }
  }

  private void fold(Event event) {
    fold(event, PARTITION, log.size());
  }

  private void fold(Event event, SourcePartition partition, long offset) {
    long append = Math.max(NOW + offset, event.timeMillis());
    SourceRecord record = new SourceRecord(offset, append, event, new byte[0]);
    store.apply(new SourceBatch(partition, "", -1, offset + 1, List.of(record)));
    log.add(new TopicRecord(partition, record));
  }

  private void rank(String request, @Nullable String model) {
    rank(request, model, CandidateList.of(List.of("i1", "i5", "i9", "i11", "i13")));
  }

  private void rank(String request, @Nullable String model, CandidateList candidates) {
    ranking.rank(
        new RankRequest("u", request, candidates, 3, null, null, null, null, null, model, null),
        Deadline.after(System.nanoTime(), 60_000));
  }

  private static Event click(String id, String item, String request, long time) {
    return new Event(id, "click", "u", List.of(item), time, request, Map.of(), Map.of(), true);
  }
}
