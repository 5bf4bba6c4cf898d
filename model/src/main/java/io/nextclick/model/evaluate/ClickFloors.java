// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.features.item.ItemCatalog;
import io.nextclick.model.baseline.GraphScorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.baseline.SmoothedCtr;
import io.nextclick.model.calibrate.LabelCounts;
import io.nextclick.model.data.Impression;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How well the rankers that need no training foretell the clicks of a validation part: what a model
 * must be better than.
 *
 * @param auc by their names
 */
public record ClickFloors(Map<String, Double> auc) {

  /** The context field that says where items are shown, as {@code evaluate} takes it to be. */
  private static final String SURFACE = "surface";

  /** A lead of as many standard errors of the model's own AUC is one that is told as such. */
  private static final double CLEAR = 1.96;

  public ClickFloors {
    auc = Map.copyOf(auc);
  }

  /** Counts an impression of the training part. */
  public static void count(Impression shown, SmoothedCtr rates) {
    String surface = shown.context().getOrDefault(SURFACE, "");
    for (int i = 0; i < shown.items().size(); i++) {
      rates.add(shown.user(), shown.items().get(i), surface, shown.clicked()[i]);
    }
  }

  /**
   * Measures them.
   *
   * @param pages of the validation part
   * @param clicked (items shown,) whether each was clicked
   * @param rates of the training part
   * @param wanted in the training part
   */
  public static ClickFloors of(
      List<Impression> pages,
      boolean[] clicked,
      ItemCatalog catalog,
      SmoothedCtr rates,
      ItemSequences wanted,
      PositiveActions positive) {
    Map<String, Double> auc = new LinkedHashMap<>();
    for (ImpressionRanker ranker :
        List.of(
            ImpressionRanker.of(rates, SURFACE),
            ImpressionRanker.of(
                MarkovScorer.fit(wanted, positive, MarkovScorer.ALL_SUCCESSORS), false),
            ImpressionRanker.of(GraphScorer.fit(wanted, positive), false))) {
      double[] scores =
          pages.parallelStream()
              .flatMapToDouble(page ->
                  Arrays.stream(ranker.prepare(page, page.before(), catalog).get().scores()))
              .toArray();
      auc.put(ranker.name(), RankingMetrics.auc(scores, clicked));
    }
    return new ClickFloors(auc);
  }

  /** For a bundle. */
  public Map<String, Double> metrics() {
    Map<String, Double> metrics = new LinkedHashMap<>();
    auc.forEach((name, value) -> metrics.put("validation.auc." + name, value));
    return metrics;
  }

  /**
   * Whether a model is better than the best of them, in words.
   *
   * @param model its AUC
   * @param labels of the validation part
   */
  public String sentence(double model, LabelCounts labels) {
    Map.Entry<String, Double> best =
        auc.entrySet().stream()
            .max(
                Map.Entry.<String, Double>comparingByValue()
                    .thenComparing(Map.Entry.comparingByKey()))
            .orElseThrow();
    double error = RankingMetrics.aucError(model, labels.clicks(), labels.rows() - labels.clicks());
    double lead = model - best.getValue();
    String figures =
        String.format(
            Locale.ROOT,
            "%s, the best of the rankers that need no training: AUC %.4f against %.4f on the"
                + " validation (standard error %.4f)",
            best.getKey(),
            model,
            best.getValue(),
            error);
    return lead > CLEAR * error
        ? "Better than " + figures
        : "%s than %s. Rank with %s until a model is better: it costs less, and needs no training"
            .formatted(lead < 0 ? "Worse" : "Not clearly better", figures, best.getKey());
  }
}
