// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Logs from which next to nothing can be learnt, through {@code doctor}, {@code train}, {@code
 * evaluate} and {@code score}: a model, or the advice not to train one; never a stack trace.
 */
@Timeout(120)
class DegenerateLogsTest {

  private static final long START = 1_770_000_000_000L; // 2026-02-02
  private static final long HOUR = 3_600_000;

  /** A line of a log by its number; an empty one is left out. */
  private interface Line {
    String of(int number);
  }

  /**
   * A log and what is said of it.
   *
   * @param doctor in its report, and at the start of training; empty for none
   * @param train in its refusal, or empty for a model
   * @param leaveOneOut in the refusal of the evaluation, or empty for a table
   * @param timeSplit likewise
   * @param score in the last words of {@code score}
   */
  private record Case(
      String name,
      int lines,
      Line line,
      String doctor,
      String train,
      String leaveOneOut,
      String timeSplit,
      String score) {

    @Override
    public String toString() {
      return name;
    }
  }

  private static final String NO_TARGETS = "users has three different items, so there is nobody";
  private static final String NO_THREE = "users has three different items: the last two";
  private static final String TOO_SHORT = "no user has 3 items or more, and the last two";
  private static final String NO_PAGES = "the training part has no impressions with a request id";
  private static final String MODEL = "";
  private static final String TABLE = "";

  private static final List<Case> CASES =
      List.of(
          new Case(
              "500 events",
              500,
              n -> click(n, "u" + n * 7 % 61, "i" + n * n % 43),
              "have three different items, and one target each: a hit rate is known to 0.1",
              MODEL,
              TABLE,
              NO_PAGES,
              "Ranked 61 users"),
          new Case(
              "500 events with pages",
              500,
              n -> n % 2 == 0 ? page(n, "u" + n / 2 % 25, n % 30) : answer(n, "u" + n / 2 % 25, 30),
              "held out for validation, has about 50 clicks among 150 items shown",
              MODEL,
              TABLE,
              TABLE,
              "Ranked 25 users"),
          new Case(
              "one user",
              100,
              n -> click(n, "u", "i" + n % 23),
              "The log has one user",
              MODEL,
              TABLE,
              NO_PAGES,
              "Ranked 1 users"),
          new Case(
              "one user with pages",
              200,
              n -> n % 2 == 0 ? page(n, "u", n % 30) : answer(n, "u", 30),
              "The log has one user",
              MODEL,
              TABLE,
              TABLE,
              "Ranked 1 users"),
          new Case(
              "one item",
              200,
              n -> click(n, "u" + n % 40, "i"),
              "The log has one item",
              NO_THREE,
              TOO_SHORT,
              NO_PAGES,
              "Ranked 40 users"),
          new Case(
              "impressions only",
              150,
              n -> page(n, "u" + n % 20, n % 7),
              "None of the 450 items shown were clicked",
              "needs both kinds; give another --outcome",
              TOO_SHORT,
              TABLE,
              "Ranked 20 users"),
          new Case(
              "ids that never repeat",
              60,
              n -> click(n, "u" + n, "i" + n),
              "items come up a single time",
              NO_THREE,
              TOO_SHORT,
              NO_PAGES,
              "Ranked 60 users"),
          new Case(
              "pages whose ids never repeat",
              200,
              n -> n % 2 == 0 ? page(n, "u" + n, 3 * n) : answer(n, "u" + (n - 1), 3_000),
              "wanted one item at most",
              MODEL,
              TOO_SHORT,
              TABLE,
              "Ranked 100 users"),
          new Case(
              "users with one event each",
              60,
              n -> click(n, "u" + n, "i" + n % 9),
              NO_TARGETS,
              NO_THREE,
              TOO_SHORT,
              NO_PAGES,
              "Ranked 60 users"),
          new Case(
              "pages of one day",
              20,
              n -> n % 2 == 0 ? page(n, "u" + n % 4, n % 5) : answer(n, "u" + (n - 1) % 4, 5),
              "held out for validation, has about 2 clicks",
              "the log has impressions of 1 day(s)",
              TABLE,
              "the test part has no impressions",
              "Ranked 2 users"),
          new Case(
              "items only",
              30,
              n ->
                  "{\"id\":\"e%d\",\"action\":\"item\",\"item\":\"i%d\",\"time\":%d}"
                      .formatted(n, n, START),
              "No user does anything in this log",
              "the log has no user who wanted an item",
              TOO_SHORT,
              NO_PAGES,
              "Ranked 0 users"),
          new Case(
              "one event",
              1,
              n -> click(n, "u", "i"),
              "The log has one item",
              NO_THREE,
              TOO_SHORT,
              NO_PAGES,
              "Ranked 1 users"));

  @TempDir private static Path folder;
  private static Path spare;

  @BeforeAll
  static void makeAModel() {
    CommandRun run =
        CommandRun.of(
            "models",
            "new",
            folder.toString(),
            "--name=other",
            "--model-version=v1",
            "--item-count=30",
            "--dim=16");
    assertThat(run.status()).as(run.output()).isZero();
    spare = folder.resolve("other/v1");
  }

  static Stream<Case> cases() {
    return CASES.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void log_ofLittle_getsAModelOrAdvice(Case one) throws IOException {
    String name = one.name.replace(' ', '-');
    Path log = folder.resolve(name + ".jsonl");
    List<String> lines = new ArrayList<>();
    for (int n = 0; n < one.lines; n++) {
      lines.add(one.line.of(n));
    }
    Files.write(log, lines);
    Path model = folder.resolve("models").resolve(name);

    says(0, one.doctor, "doctor", log.toString());
    int trained = one.train.isEmpty() ? 0 : 1;
    CommandRun training =
        says(
            trained,
            trained == 0 ? "Published" : one.train,
            "train",
            "--events=" + log,
            "--out=" + model,
            "--set=epochs=1",
            "--budget=0",
            "--set=dim=16",
            "--set=feedForward=16",
            "--threads=1");
    assertThat(training.output()).contains(one.doctor);
    Path version = trained == 0 ? model.resolve("v1") : spare;
    evaluates(one.leaveOneOut, "--events=" + log, "--model=" + version);
    evaluates(
        one.timeSplit,
        "--protocol=time-split",
        "--train-until=2026-02-04",
        "--test-from=2026-02-06",
        "--events=" + log);
    says(
        0,
        one.score,
        "score",
        "--model=" + version,
        "--events=" + log,
        "--out=" + folder.resolve("lists-" + name));
  }

  @ParameterizedTest
  @CsvSource({"'',is empty", "'\n\n',has no line but empty ones"})
  void log_ofNothing_isRefusedInWords(String content, String words) throws IOException {
    Path log = Files.writeString(folder.resolve("nothing-" + content.length() + ".jsonl"), content);
    String sentence = log + ": " + words + "; nextclick import makes event logs";
    says(1, sentence, "doctor", log.toString());
    says(1, sentence, "train", "--events=" + log, "--out=" + folder.resolve("models/nothing"));
    says(1, sentence, "evaluate", "--events=" + log);
    String lists = "--out=" + folder.resolve("lists-of-nothing");
    says(1, sentence, "score", "--model=" + spare, "--events=" + log, lists);
  }

  private static void evaluates(String refusal, String... options) {
    String[] all = Stream.concat(Stream.of("evaluate"), Stream.of(options)).toArray(String[]::new);
    boolean refused = !refusal.isEmpty();
    CommandRun run = says(refused ? 1 : 0, refused ? refusal : "Evaluated", all);
    if (!refused && String.join(" ", all).contains("--model")) {
      assertThat(run.output()).contains("the rankers that need no training: NDCG@10");
    }
  }

  private static CommandRun says(int status, String words, String... command) {
    CommandRun run = CommandRun.of(command);
    assertThat(run.status()).as(run.output()).isEqualTo(status);
    assertThat(run.output())
        .contains(words)
        .doesNotContain("\tat ", "Exception", "NaN", "Infinity", "null", "unexpectedly");
    return run;
  }

  private static String click(int n, String user, String item) {
    return "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"%s\",\"time\":%d}"
        .formatted(n, user, item, START + n * HOUR);
  }

  /** Three items from one on. */
  private static String page(int n, String user, int item) {
    return "{\"id\":\"e%d\",\"action\":\"impression\",\"user\":\"%s\",\"items\":[\"i%d\",\"i%d\",\"i%d\"],\"time\":%d,\"request\":\"r%d\"}"
        .formatted(n, user, item, item + 1, item + 2, START + n * HOUR, n);
  }

  /** A click on one of the items of the line before. */
  private static String answer(int n, String user, int items) {
    int first = items == 3_000 ? 3 * (n - 1) : (n - 1) % items;
    return "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"i%d\",\"time\":%d,\"request\":\"r%d\"}"
        .formatted(n, user, first + n / 2 % 3, START + (n - 1) * HOUR + 1, n - 1);
  }
}
