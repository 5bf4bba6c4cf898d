// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.ingest.log.RotatingLog;
import io.nextclick.ingest.log.RotatingLog.Limits;
import io.nextclick.ingest.log.TopicLog;
import io.nextclick.ingest.log.TopicRecord;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.serving.RandomModel;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.rank.Deadline;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.rank.RankingService;
import io.nextclick.serving.state.Freshness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A log of answers in three files, the third of each made without a model, forged in eighteen ways:
 * the proof finds each of them.
 */
class AnswerForgeryTest {

  private static final SourcePartition PARTITION = new SourcePartition("events", 0);
  private static final long NOW = 1_795_341_600_000L;
  private static final Limits ROOMY = new Limits(1 << 20, 1 << 24);
  private static final String FIRST = "answers-000000000001.jsonl.zst";
  private static final String MIDDLE = "answers-000000000002.jsonl.zst";
  private static final String LAST = "answers-000000000003.jsonl.zst";

  private static final SlateRequest PAGE =
      new SlateRequest(3, "decoder", null, null, null, null, null, null);

  @TempDir private static Path made;
  @TempDir private Path directory;

  /** Changes files, which are their lines by name. */
  private interface Forger {
    void forge(Map<String, List<String>> files) throws Exception;
  }

  /** One way to lie. */
  private record Forgery(String name, Forger forger) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Forgery> forgeries() {
    return Stream.of(
        new Forgery(
            "1 a model renamed to one that is not kept",
            line(
                "r4",
                "\"name\":\"shop\",\"version\":\"v1\"",
                "\"name\":\"popularity\",\"version\":\"records-7\"")),
        new Forgery("2 an answer removed", files -> files.get(MIDDLE).remove(at(files, "r4"))),
        new Forgery(
            "3 an answer doubled",
            files -> {
              List<String> lines = files.get(MIDDLE);
              lines.add(at(files, "r4"), lines.get(at(files, "r4")));
            }),
        new Forgery(
            "4 a time changed by a millisecond",
            line("r4", "\"time\":" + NOW, "\"time\":" + (NOW + 1))),
        new Forgery(
            "5 a context changed that the model does not read", line("r5", "\"home\"", "\"cart\"")),
        new Forgery("6 a probability changed within the tolerance", digit("p")),
        new Forgery("7 a score changed within the tolerance", digit("s")),
        new Forgery("8 a score changed", line("r4", "\"s\":", "\"s\":1")),
        new Forgery("9 two items of a list exchanged", files -> exchangeItems(files)),
        new Forgery("10 an item replaced", files -> shownItem(files, "i13")),
        new Forgery(
            "11 a candidate added", line("r4", "\"candidates\":[", "\"candidates\":[\"i19\",")),
        new Forgery(
            "12 an answer given to another user",
            files -> {
              List<String> lines = files.get(MIDDLE);
              String other = user(lines.get(at(files, "r5")));
              lines.set(
                  at(files, "r4"),
                  lines.get(at(files, "r4")).replaceFirst("\"user\":\"[0-9a-f]+\"", other));
            }),
        new Forgery(
            "13 a request renamed", line("r4", "\"request\":\"r4\"", "\"request\":\"r44\"")),
        new Forgery(
            "14 a state of an earlier event",
            files -> {
              List<String> lines = files.get(MIDDLE);
              Matcher state =
                  Pattern.compile("\"state\":\\{[^}]*}").matcher(lines.get(at(files, "r3")));
              assertThat(state.find()).isTrue();
              lines.set(
                  at(files, "r4"),
                  lines.get(at(files, "r4")).replaceFirst("\"state\":\\{[^}]*}", state.group()));
            }),
        new Forgery(
            "15 two answers exchanged",
            files -> Collections.swap(files.get(MIDDLE), at(files, "r4"), at(files, "r3"))),
        new Forgery(
            "16 the last answers cut off",
            files -> files.get(LAST).subList(last(files, "r7"), files.get(LAST).size()).clear()),
        new Forgery("17 a file between others removed", files -> files.remove(MIDDLE)),
        new Forgery(
            "18 an answer removed, and every hash of its file made anew",
            files -> {
              files.get(MIDDLE).remove(at(files, "r4"));
              rehash(files.get(MIDDLE));
            }));
  }

  @BeforeAll
  static void answer() throws Exception {
    RandomModel.publishPlacing(made.resolve("models"), "v1", 20, 5);
    HeapSequenceStore store = new HeapSequenceStore(FoldSettings.DEFAULT);
    ModelRegistry models = new ModelRegistry();
    List<TopicRecord> log = new ArrayList<>();
    try (Scorer scorer =
        ModelBundle.open(made.resolve("models/shop/v1")).scorer(Backend.VECTOR, null)) {
      models.activate(new LoadedModel(scorer, "v1"));
      for (int file = 0, request = 0; file < 3; file++) {
        AnswerLog answers = answers(made.resolve("answers"), store);
        answers.start();
        RankingService ranking = ranking(store, models, answers);
        RankingService without = ranking(store, new ModelRegistry(), answers);
        for (int user = 0; user < 3; user++, request++) {
          SourceRecord record =
              new SourceRecord(
                  request,
                  NOW + request,
                  Event.behaviour(
                      "e" + request, "click", "u" + user % 2, "i" + (request + 1), NOW + request),
                  new byte[0]);
          store.apply(new SourceBatch(PARTITION, "", -1, request + 1, List.of(record)));
          log.add(new TopicRecord(PARTITION, record));
          rank(
              user == 2 ? without : ranking,
              "u" + user % 2,
              "r" + request,
              request == 7 ? PAGE : null);
        }
        answers.stop();
      }
    }
    try (EventLogWriter out = EventLogWriter.open(made.resolve("topics.jsonl"))) {
      for (TopicRecord record : log) {
        out.write(TopicLog.encode(record));
      }
      out.commit();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("forgeries")
  void verify_forgery_isFound(Forgery forgery) throws Exception {
    Map<String, List<String>> files = read(made.resolve("answers"));
    Map<String, List<String>> before = read(made.resolve("answers"));
    forgery.forger.forge(files);
    assertThat(files).isNotEqualTo(before);
    CommandRun run = verify(write(files));
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output()).contains("NOT proven", "the log was changed");
  }

  @Test
  void forgeries_areEighteen() {
    assertThat(forgeries()).hasSize(18);
  }

  @Test
  void verify_untouched_isProvenAndTellsTheToleranceAndTheLastHash() throws Exception {
    Map<String, List<String>> files = read(made.resolve("answers"));
    for (Path log : List.of(made.resolve("answers"), write(files))) {
      CommandRun run = verify(log);
      assertThat(run.status()).as(run.output()).isZero();
      assertThat(run.output())
          .contains("9 equal (9 bit for bit; largest difference 0.0e+00, up to 1.0e-05 is equal)")
          .contains("Proven: 9 of 9", "each as it was written")
          .doesNotContain("not closed");
      assertThat(files.get(LAST).getLast()).contains(lastHash(run));
    }
  }

  @Test
  void verify_oldestFileGone_isRetention() throws Exception {
    Map<String, List<String>> files = read(made.resolve("answers"));
    files.remove(FIRST);
    CommandRun run = verify(write(files));
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("begins with " + MIDDLE, "Proven: 6 of 6");
  }

  /** Every hash of the file is right, but no model says so. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void verify_placeProbabilityForged_andHashesMadeAnew_differs(boolean gone) throws Exception {
    Map<String, List<String>> files = read(made.resolve("answers"));
    int page = last(files, "r7");
    String line = files.get(LAST).get(page);
    String forged =
        gone
            ? line.replaceFirst(",\"pp\":[0-9.E-]+", "")
            : line.replaceFirst("(\"pp\":0[.]\\d)", "$10");
    assertThat(forged).isNotEqualTo(line);
    files.get(LAST).set(page, forged);
    rehash(files.get(LAST));
    CommandRun run = verify(write(files));
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output())
        .contains("NOT proven: 8 of 9", "each as it was written")
        .doesNotContain("the log was changed");
  }

  /** No chain alone finds this: every hash up to the end is right. */
  @Test
  void verify_wholeEndMadeAnew_isFoundByTheHashThatWasKept() throws Exception {
    String kept = lastHash(verify(made.resolve("answers")));
    Map<String, List<String>> files = read(made.resolve("answers"));
    files.get(LAST).removeIf(line -> line.contains("\"r7\""));
    files.get(LAST).replaceAll(line -> line.replaceFirst("(\"lines\":)4", "$13"));
    rehash(files.get(LAST));
    Path forged = write(files);
    assertThat(verify(forged).status()).isZero();
    CommandRun run = verify(forged, "--known-hash", kept);
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output()).contains("the hash " + kept + " is not in it");
    assertThat(verify(made.resolve("answers"), "--known-hash", kept).status()).isZero();
  }

  @Test
  void verify_killedInTheMiddleOfAFrame_isNotClosedButProven() throws Exception {
    Path killed = Files.createDirectory(directory.resolve("killed"));
    for (Path file : RotatingLog.list(made.resolve("answers"), "answers")) {
      Files.copy(file, killed.resolve(file.getFileName()));
    }
    Path open = killed.resolve(LAST + ".open");
    byte[] whole = Files.readAllBytes(killed.resolve(LAST));
    Files.delete(killed.resolve(LAST));
    for (int cut : new int[] {1, whole.length / 2, whole.length - 20, whole.length - 150}) {
      Files.write(open, Arrays.copyOf(whole, cut));
      CommandRun run = verify(killed);
      assertThat(run.status()).as("cut=%d of %d %s", cut, whole.length, run.output()).isZero();
      assertThat(run.output()).doesNotContain("CHANGED");
      if (cut > whole.length / 3) {
        assertThat(run.output()).contains(LAST + ".open: not closed");
      }
    }
    AnswerLog next = answers(killed, new HeapSequenceStore(FoldSettings.DEFAULT));
    next.start();
    next.stop();
    CommandRun run = verify(killed);
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains(LAST + ": not closed, and goes on in the next");
  }

  private static String lastHash(CommandRun run) {
    Matcher hash = Pattern.compile("Last hash: ([0-9a-f]{64})").matcher(run.output());
    assertThat(hash.find()).as(run.output()).isTrue();
    return hash.group(1);
  }

  private static Forger line(String request, String part, String by) {
    return files -> {
      List<String> lines = files.get(MIDDLE);
      lines.set(at(files, request), lines.get(at(files, request)).replace(part, by));
    };
  }

  /** Adds 1e-7 to the first number of a field. */
  private static Forger digit(String field) {
    return files -> {
      List<String> lines = files.get(MIDDLE);
      Matcher number =
          Pattern.compile("\"" + field + "\":(-?[0-9.E-]+)").matcher(lines.get(at(files, "r4")));
      assertThat(number.find()).isTrue();
      double changed = Double.parseDouble(number.group(1)) + 1e-7;
      lines.set(at(files, "r4"), number.replaceFirst("\"" + field + "\":" + changed));
    };
  }

  private static void exchangeItems(Map<String, List<String>> files) {
    Matcher items =
        Pattern.compile("\"items\":\\[(\\{[^}]*}),(\\{[^}]*})")
            .matcher(files.get(MIDDLE).get(at(files, "r4")));
    assertThat(items.find()).isTrue();
    files
        .get(MIDDLE)
        .set(
            at(files, "r4"),
            items.replaceFirst("\"items\":[" + items.group(2) + "," + items.group(1)));
  }

  private static void shownItem(Map<String, List<String>> files, String by) {
    Matcher item =
        Pattern.compile("\"items\":\\[\\{\"item\":\"(i\\d+)\"")
            .matcher(files.get(MIDDLE).get(at(files, "r4")));
    assertThat(item.find()).isTrue();
    String other = item.group(1).equals(by) ? "i11" : by;
    files
        .get(MIDDLE)
        .set(at(files, "r4"), item.replaceFirst("\"items\":[{\"item\":\"" + other + "\""));
  }

  private static String user(String line) {
    Matcher user = Pattern.compile("\"user\":\"[0-9a-f]+\"").matcher(line);
    assertThat(user.find()).isTrue();
    return user.group();
  }

  private static int at(Map<String, List<String>> files, String request) {
    return index(files.get(MIDDLE), request); // it holds r3, r4 and r5
  }

  private static int last(Map<String, List<String>> files, String request) {
    return index(files.get(LAST), request);
  }

  private static int index(List<String> lines, String request) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains("\"request\":\"" + request + "\"")) {
        return i;
      }
    }
    throw new AssertionError(request + " is not there");
  }

  /** As docs/data-formats.md says, by one who has read it. */
  private static void rehash(List<String> lines) throws Exception {
    Matcher begin = Pattern.compile("\"after\":\"([0-9a-f]{64})\"").matcher(lines.getFirst());
    String hash = begin.find() ? begin.group(1) : "00";
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(HexFormat.of().parseHex(hash));
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("{\"chain\":\"hash\"")) {
        hash = HexFormat.of().formatHex(digest.digest());
        lines.set(i, "{\"chain\":\"hash\",\"sha256\":\"" + hash + "\"}");
        digest.update(HexFormat.of().parseHex(hash));
      } else {
        digest.update((lines.get(i) + "\n").getBytes(UTF_8));
      }
    }
  }

  private static Map<String, List<String>> read(Path log) throws IOException {
    Map<String, List<String>> files = new LinkedHashMap<>();
    for (Path file : RotatingLog.list(log, "answers")) {
      List<String> lines = new ArrayList<>();
      RotatingLog.frames(file)
          .forEachRemaining(frame -> lines.addAll(new String(frame, UTF_8).lines().toList()));
      files.put(file.getFileName().toString(), lines);
    }
    return files;
  }

  private Path write(Map<String, List<String>> files) throws IOException {
    Path log = Files.createTempDirectory(directory, "log");
    for (var file : files.entrySet()) {
      String text = String.join("\n", file.getValue()) + "\n";
      Files.write(log.resolve(file.getKey()), Zstd.compress(text.getBytes(UTF_8)));
    }
    return log;
  }

  private static CommandRun verify(Path log, String... more) {
    return CommandRun.of(
        Stream.concat(
                Stream.of(
                    "replay",
                    "--verify",
                    log.toString(),
                    "--events",
                    made.resolve("topics.jsonl").toString(),
                    "--models",
                    made.resolve("models").toString(),
                    "--user-key",
                    made.resolve("user.key").toString(),
                    "--backend",
                    "vector"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private static AnswerLog answers(Path log, HeapSequenceStore store) {
    return new AnswerLog(
        new AnswerLog.Settings(
            log,
            new RequestSample(1),
            ROOMY,
            () -> UserKey.readOrCreate(made.resolve("user.key")),
            null,
            1_000),
        store,
        logged -> {});
  }

  private static RankingService ranking(
      HeapSequenceStore store, ModelRegistry models, AnswerLog answers) {
    return new RankingService(
        store,
        models,
        new RankingLimits(100, 100, 3, 60_000, Set.of()),
        new Freshness(() -> Ownership.OF_NO_LOG, InstantSource.system()),
        () -> Instant.ofEpochMilli(NOW),
        Parallelism.NONE,
        List.of(answers));
  }

  private static void rank(
      RankingService ranking, String user, String request, SlateRequest slate) {
    RankRequest asked =
        new RankRequest(
            user,
            request,
            CandidateList.of(List.of("i1", "i5", "i9", "i11", "i13")),
            slate == null ? 3 : null,
            Map.of("surface", "home"),
            null,
            null,
            null,
            null,
            null,
            null,
            slate,
            null);
    ranking.rank(asked, Deadline.after(System.nanoTime(), 60_000));
  }
}
