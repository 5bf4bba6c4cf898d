// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.calibrate.Calibration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logs in which nothing, or everything, or next to nothing was clicked; and very small ones. */
@Timeout(120)
class OneKindOfOutcomeTest {

  private static final LocalDate FIRST = LocalDate.parse("2026-03-01");
  private static final int DAYS = 10;
  private static final int PAGES = 20; // per day, of three items
  private static final String LAST_TRAINED = "2026-03-08";

  @TempDir private Path folder;

  @Test
  void train_nothingClicked_isRefusedBeforeItLearns() throws Exception {
    assertRefused(
        log(item -> false),
        "none of the 480 items shown up to " + LAST_TRAINED + " had the outcome click");
  }

  @Test
  void train_everythingClicked_isRefusedBeforeItLearns() throws Exception {
    assertRefused(
        log(item -> true),
        "all of the 480 items shown up to " + LAST_TRAINED + " had the outcome click");
  }

  @Test
  void train_validationOfOneKind_isRefusedBeforeItLearns() throws Exception {
    assertRefused(
        log(item -> item < 480 && item % 3 == 0),
        "none of the 120 items shown after "
            + LAST_TRAINED
            + " and before 2026-03-11, the"
            + " validation, had the outcome click");
  }

  private void assertRefused(Path log, String sentence) throws IOException {
    CommandRun run = train(log, "clicks");
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output())
        .contains(sentence + ": a model of clicks needs both kinds", "--preset=next-item")
        .doesNotContain("epoch", "NaN");
    assertThat(folder.resolve("models/shop/v1")).doesNotExist();
  }

  @Test
  void train_fewClicksInTheValidation_isNotCalledCalibratedAndSaysSo() throws Exception {
    CommandRun run = train(log(item -> item < 480 ? item % 3 == 0 : item == 490), "clicks");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains(
            "Not calibrated: the validation has 1 clicks among 120 items shown, and takes 10 of"
                + " each kind at least; answers will have scores and no probabilities");
    ModelBundle bundle = ModelBundle.open(folder.resolve("models/shop/v1"));
    assertThat(bundle.manifest().calibration()).isInstanceOf(Calibration.Relative.class);
    try (var scorer = bundle.scorer(Backend.VECTOR, null)) {
      assertThat(scorer.calibrated()).isFalse();
    }
    for (String file : new String[] {"model.json", "metrics.json", "golden.json"}) {
      assertFinite(folder.resolve("models/shop/v1").resolve(file));
    }
  }

  @Test
  void evaluate_testWithoutClicks_saysWhyMetricsAreMissing() throws Exception {
    Path json = folder.resolve("report.json");
    CommandRun run =
        CommandRun.of(
            "evaluate",
            "--protocol=time-split",
            "--train-until=2026-03-06",
            "--test-from=2026-03-09",
            "--events=" + log(item -> item < 300 && item % 3 == 0),
            "--json=" + json);
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains(
            "The test part has no clicks: no AUC, GAUC and NE",
            "The validation part has no clicks: no probabilities of the rankers that are fitted"
                + " here")
        .doesNotContain("NaN", "Infinity");
    assertFinite(json);
    assertThat(new ObjectMapper().readTree(json.toFile()).get("notes"))
        .extracting(JsonNode::asText)
        .contains("The test part has no clicks: no AUC, GAUC and NE");
  }

  @Test
  void evaluate_moreNegativesThanItems_takesEachOnceAndSaysSo() throws Exception {
    Path log = folder.resolve("clicks.jsonl");
    List<String> lines = new ArrayList<>();
    for (int user = 0; user < 12; user++) {
      for (int t = 0; t < 5; t++) {
        lines.add(click("c" + user + "-" + t, "u" + user, (user + t) % 8, t * 1_000L, null));
      }
    }
    Files.write(log, lines);
    Path json = folder.resolve("report.json");
    CommandRun run =
        CommandRun.of("evaluate", "--events=" + log, "--negatives=100", "--json=" + json);
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains(
            "12 of 12 users had not 100 items left to draw: each was ranked among all that were"
                + " left, once");
    assertFinite(json);
    // Among the 5 items left, the target among them, no place is worse than the fifth.
    JsonNode rankers = new ObjectMapper().readTree(json.toFile()).get("rankers");
    rankers.forEach(ranker -> assertThat(ranker.at("/metrics/HR@5").asDouble()).isEqualTo(1));
  }

  @Test
  void train_twoItemsAUser_isRefusedBeforeItLearns() throws Exception {
    Path log = folder.resolve("two.jsonl");
    List<String> lines = new ArrayList<>();
    for (int user = 0; user < 9; user++) {
      lines.add(click("a" + user, "u" + user, user, 0, null));
      lines.add(click("b" + user, "u" + user, user + 1, 1_000, null));
    }
    Files.write(log, lines);
    CommandRun run = train(log, "next-item");
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output())
        .contains("none of the 9 users has three different items", "held out")
        .doesNotContain("epoch");
  }

  @Test
  void train_sameThreeItemsAgainAndAgain_isRefusedInWords() throws Exception {
    Path log = folder.resolve("weekly.jsonl");
    List<String> lines = new ArrayList<>();
    for (int user = 0; user < 9; user++) {
      for (int t = 0; t < 12; t++) {
        lines.add(click("c" + user + "-" + t, "u" + user, user + t % 3, t * 1_000L, null));
      }
    }
    Files.write(log, lines);
    CommandRun run = train(log, "next-item");
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output())
        .contains("none of the 9 users has four different items", "a repeat does not count");
  }

  @Test
  void train_nobodyWantedAnything_isRefusedInWords() throws Exception {
    CommandRun run = train(log(item -> false), "next-item");
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output()).contains("the log has no user who wanted an item");
  }

  @Test
  void train_diverging_stopsAndSaysWhatToChange() throws Exception {
    CommandRun run =
        train(log(item -> item % 3 == 0), "clicks", "--set=learningRate=1e30", "--set=clip=0");
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output()).contains("the training has diverged", "--set=learningRate");
    assertThat(folder.resolve("models/shop/v1")).doesNotExist();
  }

  private CommandRun train(Path log, String preset, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--events=" + log,
                "--out=" + folder.resolve("models/shop"),
                "--preset=" + preset,
                "--set=epochs=2",
                "--set=dim=16",
                "--set=feedForward=16",
                "--threads=1"));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  /**
   * Pages of three items, twenty a day; {@code clicked} is asked by the number of an item shown.
   */
  private Path log(IntPredicate clicked) throws IOException {
    List<String> lines = new ArrayList<>();
    int item = 0;
    for (int day = 0; day < DAYS; day++) {
      long start = FIRST.plusDays(day).atTime(10, 0).toInstant(ZoneOffset.UTC).toEpochMilli();
      for (int page = 0; page < PAGES; page++) {
        long time = start + page * 60_000L;
        String request = "r" + day + "-" + page;
        lines.add(
            "{\"id\":\"im-%s\",\"action\":\"impression\",\"user\":\"u%d\",\"items\":[\"i%d\",\"i%d\",\"i%d\"],\"time\":%d,\"request\":\"%s\"}"
                .formatted(
                    request, page % 10, page % 7, page % 7 + 1, page % 7 + 2, time, request));
        for (int place = 0; place < 3; place++) {
          if (clicked.test(item++)) {
            lines.add(
                click(
                    "c-" + request + "-" + place,
                    "u" + page % 10,
                    page % 7 + place,
                    time + 1_000 + place,
                    request));
          }
        }
      }
    }
    return Files.write(folder.resolve("log.jsonl"), lines);
  }

  private static String click(String id, String user, int item, long time, String request) {
    return "{\"id\":\"%s\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"i%d\",\"time\":%d%s}"
        .formatted(
            id,
            user,
            item,
            time < 1_000_000_000_000L ? time + 1_770_000_000_000L : time,
            request == null ? "" : ",\"request\":\"" + request + "\"");
  }

  private static void assertFinite(Path json) throws IOException {
    assertThat(json).content().doesNotContain("NaN", "Infinity");
    assertThat(new ObjectMapper().readTree(json.toFile()).isObject()).isTrue();
  }
}
