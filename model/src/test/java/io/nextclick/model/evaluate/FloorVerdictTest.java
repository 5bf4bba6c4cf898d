// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.model.evaluate.EvaluationReport.Ranker;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whether a model beats the floor, in words and over the same draws. */
class FloorVerdictTest {

  private static final int USERS = 300;
  private static final Bootstrap BOOTSTRAP = new Bootstrap(3, 200);

  @Test
  void sentence_intervalAboveZero_saysByHowMuch() {
    assertThat(verdict(0.01, 0.03, 300).better()).isTrue();
    assertThat(verdict(0.01, 0.03, 300).sentence())
        .isEqualTo(
            "shop/v1 is better than markov, the best of the rankers that need no training: AUC"
                + " 0.7200 against 0.7000, a difference of +0.0200 (95 % interval +0.0100 to"
                + " +0.0300)");
  }

  @Test
  void sentence_intervalWithZero_recommendsTheFloor() {
    assertThat(verdict(-0.01, 0.05, 300).better()).isFalse();
    assertThat(verdict(-0.01, 0.05, 300).sentence())
        .startsWith("shop/v1 is not better than markov")
        .endsWith(
            "(95 % interval -0.0100 to +0.0500), which includes 0. Rank with markov until a model"
                + " is better: it costs less, and needs no training");
  }

  @Test
  void sentence_intervalBelowZero_saysWorse() {
    assertThat(verdict(-0.05, -0.01, 300).better()).isFalse();
    assertThat(verdict(-0.05, -0.01, 300).sentence())
        .startsWith("shop/v1 is worse than markov")
        .contains("-0.0100). Rank with markov");
  }

  @Test
  void sentence_fewUsers_isNoClaim() {
    assertThat(verdict(0.01, 0.03, 7).better()).isFalse();
    assertThat(verdict(0.01, 0.03, 7).sentence())
        .contains("not better than", "; 7 users are too few to tell. Rank with markov");
  }

  private static FloorVerdict verdict(double low, double high, int users) {
    double lead = (low + high) / 2;
    return new FloorVerdict(
        "shop/v1", "markov", "AUC", 0.7 + lead, 0.7, lead, new double[] {low, high}, users);
  }

  @Test
  void of_severalModels_comparesEachWithTheBestFloorAndNoGivenOne() {
    var table = new MetricTable(List.of("good", "poor", "low", "high", "truth"));
    double[] means = {0.9, 0.4, 0.3, 0.6, 0.99};
    for (int r = 0; r < means.length; r++) {
      table.add("all", r, List.of("AUC"), noisy(means[r], r));
    }
    List<Ranker> rankers = table.compute(BOOTSTRAP, USERS).getOrDefault("all", List.of());

    List<FloorVerdict> verdicts = FloorVerdict.of(table, "all", rankers, 2, 2, "AUC");

    assertThat(verdicts).extracting(FloorVerdict::model).containsExactly("good", "poor");
    assertThat(verdicts).extracting(FloorVerdict::floor).containsOnly("high");
    assertThat(verdicts).extracting(FloorVerdict::better).containsExactly(true, false);
    assertThat(verdicts.getFirst().lead())
        .isEqualTo(verdicts.getFirst().value() - verdicts.getFirst().floorValue());
    assertThat(rankers.get(3).behind().get("AUC"))
        .containsExactly(
            verdicts.getFirst().lead(),
            verdicts.getFirst().interval()[0],
            verdicts.getFirst().interval()[1]);
    assertThat(FloorVerdict.of(table, "all", rankers, 2, 2, "NE")).isEmpty();
    assertThat(FloorVerdict.of(table, "all", rankers, 0, 4, "AUC")).isEmpty();
  }

  /** A mean over users of something noisy. */
  private static Bootstrap.Statistic noisy(double mean, int seed) {
    var random = new SplittableRandom(seed);
    double[] values = random.doubles(USERS, mean - 0.2, mean + 0.2).toArray();
    return draws -> {
      double sum = 0;
      double drawn = 0;
      for (int u = 0; u < USERS; u++) {
        sum += draws[u] * values[u];
        drawn += draws[u];
      }
      return new double[] {sum / drawn};
    };
  }

  @Test
  void report_saysItUnderTheTableInTheJsonAndOnThePage() {
    var report =
        new EvaluationReport(
            "time-split",
            "test",
            42,
            Map.of(),
            List.of(),
            Set.of(),
            List.of(new Ranker("shop/v1", Map.of("AUC", 0.7), Map.of(), Map.of())),
            List.of(),
            List.of(),
            List.of(verdict(-0.01, 0.05, 300)));
    String sentence = report.floors().getFirst().sentence();

    assertThat(report.toTable()).endsWith(sentence + "\n");
    assertThat(report.toJson()).contains(sentence, "\"better\" : false", "\"floor\" : \"markov\"");
    assertThat(HtmlReport.of(report, "x", java.time.LocalDate.EPOCH))
        .contains("<p class=\"verdict\">" + HtmlReport.escape(sentence) + ".</p>");
  }
}
