// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.evaluate.EvaluationReport.Ranker;
import io.nextclick.model.evaluate.EvaluationReport.Slice;
import io.nextclick.model.slate.Prefix;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Day 1 is for training, day 2 for validation, day 3 for the test. */
class TimeSplitEvaluationTest {

  private static final Offset<Double> CLOSE = within(1e-9);
  private static final long DAY = 86_400_000;
  private static final long START = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
  private static final TimeSplitEvaluation.Settings SETTINGS =
      new TimeSplitEvaluation.Settings(
          new TimeSplit(LocalDate.of(2026, 1, 1), LocalDate.of(2026, 1, 3), ZoneOffset.UTC),
          FoldSettings.DEFAULT,
          "click",
          "surface",
          PositiveActions.of(FoldSettings.DEFAULT));

  private final List<Event> log = new ArrayList<>();

  @Test
  void evaluate_histories_areLiveUpToTheImpressionAndFrozenAtTheEndOfTraining() {
    show("u", 1, 10, "a", true);
    show("u", 1, 20, "b", false);
    show("u", 2, 10, "c", true);
    show("u", 3, 10, "d", true);
    show("u", 3, 10, "e", false); // at the same time: neither sees the other
    var seen = new Recorder();
    evaluate(seen);
    String train = "a! a b!";
    String live = train + " c! c";
    // Validation: live, frozen; then each test row: live, frozen. A shown item has a mark.
    assertThat(seen.histories)
        .containsExactlyInAnyOrder(
            "c <- " + "a! a b!", "c <- " + train,
            "d <- " + live, "d <- " + train,
            "e <- " + live, "e <- " + train);
  }

  @Test
  void evaluate_outcomeInTheContextOfLaterEvents_neverReachesTheScorer() {
    show("u", 1, 10, "a", true);
    show("u", 3, 10, "d", true);
    log.add(click("early", "u", 3, 5, "request-x", "z")); // in the log after, in time before
    var seen = new Recorder();
    evaluate(seen);
    assertThat(seen.histories).containsExactlyInAnyOrder("d <- a! a", "d <- a! a");
  }

  @Test
  void evaluate_aModelThatKnowsTheTruth_isMeasuredAsSuch() {
    SplittableRandom random = new SplittableRandom(9);
    for (int user = 0; user < 200; user++) {
      for (int day = 1; day <= 3; day++) {
        for (int row = 0; row < 3; row++) {
          int item = random.nextInt(10);
          show("u" + user, day, 10 + row, "i" + item, random.nextInt(10) < item);
        }
      }
    }
    EvaluationReport report = evaluate(new Oracle());
    assertThat(report.data())
        .containsEntry("trainRows", 600L)
        .containsEntry("validationRows", 600L)
        .containsEntry("testRows", 600L)
        .containsEntry("testUsers", 200L)
        .containsEntry("unmatchedOutcomes", 0L);
    assertThat(report.rankers())
        .extracting(Ranker::name)
        .containsExactly("oracle", "ctr", "markov", "graph", "popularity");
    Map<String, Double> oracle = report.rankers().getFirst().metrics();
    assertThat(oracle.get("AUC")).isBetween(0.75, 0.9);
    assertThat(oracle.get("ratio")).isBetween(0.9, 1.1);
    assertThat(oracle.get("AUC frozen")).isEqualTo(oracle.get("AUC"));
    Ranker ctr = report.rankers().get(1);
    assertThat(ctr.metrics().get("AUC")).isLessThan(oracle.get("AUC"));
    double[] behind = ctr.behind().get("AUC");
    assertThat(behind[0])
        .isEqualTo(oracle.get("AUC") - ctr.metrics().get("AUC"), CLOSE)
        .isBetween(behind[1], behind[2]);
    assertThat(ctr.intervals().get("AUC")[0]).isLessThan(ctr.metrics().get("AUC"));
    assertThat(report.floors())
        .singleElement()
        .satisfies(verdict -> {
          assertThat(verdict.model()).isEqualTo("oracle");
          assertThat(verdict.better()).isTrue();
          assertThat(verdict.floor()).isEqualTo("popularity");
          assertThat(report.rankers().getLast().behind().get("AUC"))
              .containsExactly(verdict.lead(), verdict.interval()[0], verdict.interval()[1]);
        });
    assertThat(evaluate().floors()).isEmpty();
    long rows =
        report.slices().stream()
            .filter(slice -> slice.field().equals("history"))
            .mapToLong(Slice::rows)
            .sum();
    assertThat(rows).isEqualTo(600);
    assertThat(report.charts())
        .extracting(EvaluationReport.Chart::title)
        .contains("ROC", "AUC by day");
  }

  @Test
  void evaluate_rowsThatRepeat_areLeftOutOfTheDeduplicatedFigures() {
    show("u", 1, 10, "a", true);
    show("v", 3, 10, "a", true);
    show("v", 3, 10, "a", true);
    show("v", 3, 11, "b", false);
    show("w", 3, 12, "c", true);
    EvaluationReport report = evaluate(new ById());
    assertThat(report.data()).containsEntry("testRows", 4L).containsEntry("testRepeats", 1L);
    // Scores a 1, b 2, c 3: with the repeat 1 of 3 pairs is in order, without it 1 of 2.
    assertThat(metric(report, "AUC")).isEqualTo(1 / 3.0, CLOSE);
    assertThat(metric(report, "AUC deduplicated")).isEqualTo(1 / 2.0, CLOSE);
  }

  @Test
  void evaluate_pagesOfSeveralItems_giveTheRankOfTheClick() {
    show("u", 1, 10, "a", true);
    page("u", 3, 10, "c", "a", "b", "c"); // the click is first
    page("v", 3, 10, "a", "a", "b"); // second
    page("w", 3, 10, "none", "a", "b"); // no click: no rank
    EvaluationReport report = evaluate(new ById());
    assertThat(metric(report, "MRR")).isEqualTo(0.75, CLOSE);
    assertThat(metric(report, "coverage@1")).isEqualTo(2 / 3.0, CLOSE); // c and b, of a, b, c
    assertThat(report.toTable()).contains("MRR").contains("user new");
  }

  @Test
  void evaluate_pagesWithBothKinds_areOrderedWithinThemselves() {
    show("u", 1, 10, "a", true);
    page("u", 3, 10, "b", "a", "b", "c"); // scores 1, 2, 3: one of two pairs; second place
    page("v", 3, 10, "d", "d", "d", "a"); // the same item twice is clicked twice: 2 of 2, best
    page("w", 3, 10, "a", "a", "a"); // nothing but clicks
    page("w", 3, 11, "none", "a", "b"); // no click
    page("x", 3, 10, "q", "q", "r"); // both unknown to the scorer: a tie
    show("x", 3, 12, "a", true); // one item is no page
    EvaluationReport report = evaluate(new ById());
    double second = Math.log(2) / Math.log(3);
    assertThat(metric(report, "AUC in page")).isEqualTo((0.5 + 1 + 0.5) / 3, CLOSE);
    assertThat(metric(report, "NDCG@10 in page"))
        .isEqualTo((second + 1 + (1 + second) / 2) / 3, CLOSE);
    assertThat(report.rankers().getFirst().intervals()).containsKey("AUC in page");
    assertThat(report.rankers().get(1).behind()).containsKey("NDCG@10 in page");
  }

  /** What a request without a position gets is told beside what the log's places tell. */
  @Test
  void evaluate_scorerThatReadsThePlaceAlone_knowsNothingWithoutIt() {
    show("u", 1, 10, "a", true);
    page("u", 3, 10, "a", "a", "b", "c");
    page("v", 3, 10, "b", "b", "a");
    EvaluationReport report = evaluate(new ByPlace());
    assertThat(metric(report, "AUC in page")).isEqualTo(1, CLOSE);
    assertThat(metric(report, "AUC in page unplaced")).isEqualTo(0.5, CLOSE);
    assertThat(metric(report, "NDCG@10 in page unplaced")).isLessThan(0.9);
    assertThat(metric(evaluate(new ById()), "AUC in page unplaced")).isEqualTo(0.5, CLOSE);
  }

  /** b is clicked after a, and not before it: by itself it is as likely wherever it stands. */
  @Test
  void evaluate_scorerWithADecoder_isMeasuredAfterWhatStandsBefore() {
    show("u", 1, 10, "a", true);
    page("u", 3, 10, "b", "a", "c", "b");
    page("v", 3, 10, "none", "b", "c", "a");
    EvaluationReport report = evaluate(new AfterA());
    assertThat(report.rankers())
        .extracting(Ranker::name)
        .startsWith("by-id", "by-id on page", "ctr");
    Map<String, Double> onPage = report.rankers().get(1).metrics();
    assertThat(onPage.get("AUC")).isEqualTo(1, CLOSE);
    assertThat(metric(report, "AUC")).isLessThan(0.7);
    assertThat(onPage.get("ratio")).isEqualTo((5 * 0.1 + 0.9) / 1, CLOSE);
    assertThat(report.rankers().get(1).behind()).containsKey("AUC");
    assertThat(report.slices())
        .filteredOn(slice -> slice.field().equals("place"))
        .extracting(Slice::value)
        .containsExactly("1", "2", "3");
    assertThat(evaluate(new ById()).slices()).extracting(Slice::field).doesNotContain("place");
  }

  @Test
  void evaluate_noPageWithBothKinds_hasNoFigureOfOne() {
    show("u", 1, 10, "a", true);
    page("w", 3, 10, "a", "a", "a");
    page("w", 3, 11, "none", "a", "b");
    assertThat(evaluate(new ById()).rankers().getFirst().metrics())
        .containsKey("MRR")
        .doesNotContainKeys("AUC in page", "NDCG@10 in page");
  }

  @Test
  void evaluate_noRowsAfterTraining_saysWhichPartIsEmpty() {
    show("u", 1, 10, "a", true);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> evaluate(new ById()))
        .withMessageContaining("the test part has no impressions")
        .withMessageContaining("2026-01-03");
  }

  private EvaluationReport evaluate(Scorer... scorers) {
    return new TimeSplitEvaluation(SETTINGS, log)
        .evaluate(List.of(scorers), new Bootstrap(1, 100), done -> {});
  }

  private static double metric(EvaluationReport report, String name) {
    return new TreeMap<>(report.rankers().getFirst().metrics()).getOrDefault(name, Double.NaN);
  }

  private void show(String user, int day, int minute, String item, boolean clicked) {
    page(user, day, minute, clicked ? item : "none", item);
  }

  private void page(String user, int day, int minute, String clicked, String... items) {
    String request = "r" + log.size();
    long time = START + (day - 1) * DAY + minute * 60_000L;
    log.add(
        new Event(
            "e" + log.size(),
            "impression",
            user,
            List.of(items),
            time,
            request,
            Map.of("surface", "home"),
            Map.of(),
            true));
    if (List.of(items).contains(clicked)) {
      log.add(click("e" + log.size(), user, day, minute, request, clicked));
    }
  }

  private static Event click(
      String id, String user, int day, int minute, String request, String item) {
    long time = START + (day - 1) * DAY + minute * 60_000L;
    return new Event(id, "click", user, List.of(item), time, request, Map.of(), Map.of(), true);
  }

  /** Scores items by the last letter of their ids: a is 1, b is 2. */
  private static class ById implements Scorer {

    private final Vocabulary items = new Vocabulary(List.of("a", "b", "c", "d", "e", "z"));

    @Override
    public String name() {
      return "by-id";
    }

    @Override
    public Vocabulary vocabulary() {
      return items;
    }

    @Override
    public int maxHistory() {
      return 50;
    }

    @Override
    public float[] score(EncodedRequest request) {
      float[] scores = new float[request.candidates().length];
      for (int c = 0; c < scores.length; c++) {
        scores[c] = request.candidates()[c];
      }
      return scores;
    }

    @Override
    public double probability(float score, EncodedRequest request) {
      return score / 10;
    }

    @Override
    public boolean calibrated() {
      return true;
    }
  }

  /** What stands further up is better. */
  private static final class ByPlace extends ById {

    @Override
    public boolean readsContext() {
      return true;
    }

    @Override
    public float[] score(EncodedRequest request) {
      return new float[] {-Float.parseFloat(request.context().get("position"))};
    }
  }

  /** Its pages: b is likely where a stands before it. */
  private static final class AfterA extends ById {

    private record After(int[] items, boolean a, int size) implements Prefix {
      @Override
      public void probabilities(double[] into) {
        for (int c = 0; c < into.length; c++) {
          into[c] = a && items[c] == 2 ? 0.9 : 0.1;
        }
      }

      @Override
      public Prefix then(int candidate) {
        return new After(items, a || items[candidate] == 1, size + 1);
      }
    }

    @Override
    public boolean placesPages() {
      return true;
    }

    @Override
    public Prefix page(EncodedRequest request) {
      return new After(request.candidates(), false, 0);
    }
  }

  /** Remembers what it was asked. */
  private static final class Recorder extends ById {

    private final Queue<String> histories = new ConcurrentLinkedQueue<>();

    @Override
    public float[] score(EncodedRequest request) {
      var history = new StringBuilder(request.candidateIds().getFirst()).append(" <-");
      for (int t = 0; t < request.historyItems().length; t++) {
        history.append(' ').append(vocabulary().id(request.historyItems()[t]));
        history.append(request.historyActions()[t] == 0 ? "!" : ""); // an impression
      }
      histories.add(history.toString());
      return super.score(request);
    }
  }

  /** Knows that item n is clicked n times in ten. */
  private static final class Oracle extends ById {

    @Override
    public String name() {
      return "oracle";
    }

    @Override
    public float[] score(EncodedRequest request) {
      float[] scores = new float[request.candidates().length];
      for (int c = 0; c < scores.length; c++) {
        scores[c] = Integer.parseInt(request.candidateIds().get(c).substring(1));
      }
      return scores;
    }
  }
}
