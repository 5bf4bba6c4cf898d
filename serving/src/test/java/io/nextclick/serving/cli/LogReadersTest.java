// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands that read logs say of lines, times and orders that are not as they should be. */
@Timeout(120)
class LogReadersTest {

  private static final String[] SPLIT = {
    "--protocol=time-split", "--train-until=2026-10-21", "--test-from=2026-10-25"
  };

  @TempDir private static Path folder;
  private static List<String> shop;

  @BeforeAll
  static void makeShop() throws IOException {
    Path log = folder.resolve("shop.jsonl");
    assertThat(CommandRun.of("shop", log.toString(), "--users=40", "--items=60").status()).isZero();
    shop = Files.readAllLines(log);
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "evaluate", "score", "replay"})
  void halfOfTheLinesAreNoEvents_everyReaderShowsThemAndWritesNothing(String command)
      throws IOException {
    List<String> lines = new ArrayList<>();
    shop.subList(0, 300).forEach(line -> Collections.addAll(lines, line, "{\"id\":"));
    Path log = Files.write(folder.resolve("half.jsonl"), lines);
    Path out = folder.resolve("out-" + command);
    Path model = folder.resolve("models");
    if (Files.notExists(model)) {
      run("models", "new", model.toString(), "--name=a", "--model-version=v1", "--item-count=60");
    }
    CommandRun run =
        switch (command) {
          case "train" -> CommandRun.of("train", "--events=" + log, "--out=" + out);
          case "evaluate" -> CommandRun.of("evaluate", "--events=" + log, "--json=" + out);
          case "score" ->
              CommandRun.of("score", "--model=" + model + "/a", "--events=" + log, "--out=" + out);
          default -> CommandRun.of("replay", log.toString(), "--to=store", "--store=" + out);
        };
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output())
        .contains(
            "half.jsonl:2: ", "half.jsonl:4: ", "half.jsonl:6: ", "300 of 600 rows were refused");
    assertThat(out).doesNotExist();
  }

  @Test
  void fewLinesAreNoEvents_areCountedAndTheRestIsUsed() throws IOException {
    List<String> lines = new ArrayList<>(shop);
    lines.add(10, "no event");
    Path log = Files.write(folder.resolve("few.jsonl"), lines);
    CommandRun run = evaluate(log, "few.json");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains("few.jsonl:11: ", "1 lines refused", "2026-10-01 to 2026-10-");
  }

  @Test
  void anActionThatIsNone_isNamed() throws IOException {
    Path log =
        Files.write(
            folder.resolve("view.jsonl"),
            List.of(
                "{\"id\":\"e1\",\"action\":\"view\",\"user\":\"u1\",\"item\":\"i1\",\"time\":1700000000000}"));
    assertThat(evaluate(log).output()).contains("the action view is none of [impression, click");
  }

  @Test
  void csvGivenAsALog_isToldToImportIt() throws IOException {
    Path csv =
        Files.writeString(folder.resolve("clicks.csv"), "user,item,time\nu1,i1,1700000000\n");
    assertThat(CommandRun.of("train", "--events=" + csv, "--out=" + folder.resolve("m")).output())
        .contains("clicks.csv: is no event log", "nextclick import csv " + csv);
  }

  @Test
  void timesThatCannotBeRight_areNamed() throws IOException {
    assertThat(evaluate(timesFrom(1_700_000_000L, "seconds.jsonl")).output())
        .contains("line 1: time is in seconds; give epoch milliseconds");
    assertThat(evaluate(timesFrom(1_700_000L, "early.jsonl")).output())
        .contains("line 1: the time is before 1990-01-01T00:00:00Z");
    assertThat(evaluate(timesFrom(4_100_000_000_000L, "late.jsonl")).output())
        .contains("all of 12 times cannot be right, first line 1", "epoch milliseconds or ISO");
  }

  private Path timesFrom(long time, String name) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int user = 0; user < 3; user++) {
      for (int i = 0; i < 4; i++) {
        lines.add(
            "{\"id\":\"e%d-%d\",\"action\":\"click\",\"user\":\"u%d\",\"item\":\"i%d\",\"time\":%d}"
                .formatted(user, i, user, i, time + i));
      }
    }
    return Files.write(folder.resolve(name), lines);
  }

  @Test
  void timeSplit_reversedOrShuffledLog_givesTheFiguresOfTheSortedOne() throws IOException {
    List<String> lines = new ArrayList<>(shop);
    lines.sort(Comparator.comparingLong(LogReadersTest::time));
    JsonNode sorted = timeSplit(lines, "sorted");
    assertThat(sorted.at("/data/testClicks").asInt()).isPositive();
    assertThat(sorted.at("/data/unmatchedOutcomes").asInt()).isZero();

    JsonNode reversed = timeSplit(lines.reversed(), "reversed");
    Collections.shuffle(lines, new Random(1));
    JsonNode shuffled = timeSplit(lines, "shuffled");
    for (JsonNode other : List.of(shuffled, reversed)) {
      assertThat(other.at("/data")).isEqualTo(sorted.at("/data"));
      assertThat(other.at("/rankers")).isEqualTo(sorted.at("/rankers"));
    }
    // Each user's events are in order here, and so the log is read as it is.
    JsonNode byUser = timeSplit(shop, "byUser");
    assertThat(byUser.at("/data")).isEqualTo(sorted.at("/data"));
    assertThat(byUser.at("/rankers/0/metrics/AUC")).isEqualTo(sorted.at("/rankers/0/metrics/AUC"));
  }

  private static long time(String line) {
    return Long.parseLong(line.replaceFirst(".*\"time\":(\\d+).*", "$1"));
  }

  @Test
  void leaveOneOut_anyOrderAlsoOfTies_givesTheSameFigures() throws IOException {
    List<String> lines = new ArrayList<>();
    var random = new Random(3);
    for (int user = 0; user < 60; user++) {
      for (int i = 0; i < 8; i++) {
        lines.add(
            "{\"id\":\"e%d-%d\",\"action\":\"click\",\"user\":\"u%d\",\"item\":\"i%02d\",\"time\":%d}"
                .formatted(user, i, user, random.nextInt(30), 1_700_000_000_000L + i / 3 * 1000));
      }
    }
    JsonNode sorted = leaveOneOut(lines);
    assertThat(sorted.at("/data/tied").asInt()).isPositive();
    assertThat(sorted.at("/notes").toString()).contains("of the targets have the time of another");
    List<String> shuffled = new ArrayList<>(lines);
    Collections.shuffle(shuffled, random);
    for (List<String> order : List.of(lines.reversed(), shuffled)) {
      assertThat(leaveOneOut(order).at("/rankers")).isEqualTo(sorted.at("/rankers"));
    }
  }

  @Test
  void sortedLog_leavesNoTemporaryFile() throws IOException {
    long before = temporary();
    timeSplit(shop.reversed(), "left");
    assertThat(temporary()).isEqualTo(before);
  }

  private static long temporary() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("nextclick-sorted"))
          .count();
    }
  }

  private static JsonNode timeSplit(List<String> lines, String name) throws IOException {
    Path log = Files.write(folder.resolve(name + ".jsonl"), lines);
    return report(evaluate(log, name + ".json", SPLIT), name + ".json");
  }

  private static JsonNode leaveOneOut(List<String> lines) throws IOException {
    Path log = Files.write(folder.resolve("clicks.jsonl"), lines);
    return report(evaluate(log, "clicks.json"), "clicks.json");
  }

  private static JsonNode report(CommandRun run, String json) throws IOException {
    assertThat(run.status()).as(run.output()).isZero();
    return new ObjectMapper().readTree(folder.resolve(json).toFile());
  }

  private static CommandRun evaluate(Path log) {
    return CommandRun.of("evaluate", "--events=" + log);
  }

  private static CommandRun evaluate(Path log, String json, String... more) {
    Stream<String> fixed =
        Stream.of("evaluate", "--events=" + log, "--json=" + folder.resolve(json));
    return CommandRun.of(Stream.concat(fixed, Stream.of(more)).toArray(String[]::new));
  }

  private static void run(String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.status()).as(run.output()).isZero();
  }
}
