// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.model.evaluate.EvaluationReport.Chart;
import io.nextclick.model.evaluate.EvaluationReport.Line;
import io.nextclick.model.evaluate.EvaluationReport.Ranker;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page of an evaluation, and its charts. */
class HtmlReportTest {

  private static final LocalDate DAY = LocalDate.of(2026, 11, 30);

  @Test
  void of_tables_standAtTheEnd() {
    var table =
        new HtmlReport.Table(
            "How <m> was found",
            List.of("a & b"),
            List.of("trial", "recipe"),
            List.of(List.of("1", "dim=32")));
    String page = HtmlReport.of(report(0.01, 0.03), "x", DAY, List.of(table));
    assertThat(page)
        .contains(
            "<h2>How &lt;m&gt; was found</h2>",
            "a &amp; b.</p>",
            "<tr><th>1</th><td data-of=\"recipe\">dim=32</td></tr>");
  }

  @Test
  void of_modelAhead_saysWhatWhereWhenAndThatItIsBetter() {
    String page = HtmlReport.of(report(0.01, 0.03), "shop.jsonl.gz", DAY);
    assertThat(page)
        .contains("<title>shop/v1 on shop.jsonl.gz</title>", "2026-11-30", "leave-one-out")
        .contains("shop/v1 is better than markov, the best of the others: NDCG@10 0.2000 against")
        .contains("<p class=\"note\">7 events of 2026-10-01.</p>");
  }

  @Test
  void of_intervalHoldsZero_doesNotSayBetter() {
    assertThat(HtmlReport.of(report(-0.01, 0.03), "x", DAY)).contains("cannot be told from markov");
    assertThat(HtmlReport.of(report(-0.03, -0.01), "x", DAY)).contains("is worse than markov");
  }

  @Test
  void of_knownProbabilities_areNoRivalAndTheVerdictSaysWhereTheyLie() {
    assertThat(HtmlReport.of(report(0.01, 0.03), "x", DAY))
        .contains("<p class=\"verdict\">shop/v1 is better than markov, the best of the others:")
        .contains(
            "truth, which was given, has 0.2500: +0.0500 from there (+0.0400 to +0.0600).</p>");
  }

  @Test
  void of_anyCell_namesItsColumnForPhones() {
    String page = HtmlReport.of(report(0.01, 0.03), "x", DAY);
    assertThat(page)
        .contains("<td data-of=\"shop/v1\">", "<td data-of=\"markov\">", "<td data-of=\"truth\">")
        .contains("@media (max-width: 480px)", "content: attr(data-of)")
        .doesNotContain("<td>");
  }

  @Test
  void file_fewEpochs_haveWholeNumbersAndTheBestIsMarked() {
    double[][] points = {{1, 0.5}, {2, 0.6}, {3, 0.55}};
    Chart chart =
        new Chart("Loss", "epoch", "Loss", false, List.of(), List.of(new Line("a", points)));
    String svg = LineChart.file("Best was epoch 2", List.of(chart), 2);
    assertThat(svg).contains("Best was epoch 2", "class=\"mark\"", ">best<");
    assertThat(ticksBelow(svg)).containsExactly("1", "2", "3");
  }

  @Test
  void svg_smallProbabilities_fillTheDiagram() {
    double[][] points = {{0.004, 0.005}, {0.01, 0.012}, {0.031, 0.03}};
    Chart chart =
        new Chart("Reliability", "p", "rate", true, List.of(), List.of(new Line("a", points)));
    double furthest =
        Pattern.compile("cx=\"([\\d.]+)\"")
            .matcher(LineChart.svg(chart))
            .results()
            .mapToDouble(found -> Double.parseDouble(found.group(1)))
            .max()
            .orElseThrow();
    assertThat(furthest).isGreaterThan(56 + 0.75 * (460 - 56 - 16));
  }

  /** The names along the lower axis. */
  private static List<String> ticksBelow(String svg) {
    List<String> names = new ArrayList<>();
    Matcher text = Pattern.compile("y=\"312.0\" text-anchor=\"middle\">([^<]*)<").matcher(svg);
    while (text.find()) {
      names.add(text.group(1));
    }
    return names;
  }

  private static EvaluationReport report(double from, double to) {
    Ranker model = new Ranker("shop/v1", Map.of("NDCG@10", 0.2), Map.of(), Map.of());
    double middle = (from + to) / 2;
    Ranker other =
        new Ranker(
            "markov",
            Map.of("NDCG@10", 0.2 - middle),
            Map.of(),
            Map.of("NDCG@10", new double[] {middle, from, to}));
    Ranker truth =
        new Ranker(
            "truth",
            Map.of("NDCG@10", 0.25),
            Map.of(),
            Map.of("NDCG@10", new double[] {-0.05, -0.06, -0.04}));
    return new EvaluationReport(
        "leave-one-out",
        "test",
        42,
        Map.of("users", 7L),
        List.of("7 events of 2026-10-01"),
        Set.of("truth"),
        List.of(model, other, truth),
        List.of(),
        List.of(),
        List.of());
  }
}
