// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.GraphScorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PopularityScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ModelPart.StackedPart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * What is published of an encoder and the rankers that need no training: whichever is best on the
 * validation, the encoder, the combination, or one of the others, so that no model is published
 * that loses there to one of them.
 *
 * @param weights of what is published
 * @param error standard error of its metric; NaN where it was not measured with these weights
 * @param metrics of all that were measured on the validation, by name
 * @param notes what was chosen, in words
 */
record Stacking(
    EncoderWeights weights, double error, Map<String, Double> metrics, List<String> notes) {

  private static final PositiveActions POSITIVE = PositiveActions.of(FoldSettings.DEFAULT);

  /** The encoder as it is. */
  static Stacking none(Trainer.Result encoder) {
    return new Stacking(encoder.weights(), encoder.error(), Map.of(), List.of());
  }

  /** A choice that was measured. */
  private record Measured(String name, double metric, double error, EncoderWeights weights) {
    static Measured of(Trainer.Result encoder) {
      return new Measured("encoder", encoder.metric(), encoder.error(), encoder.weights());
    }
  }

  /**
   * For the next item.
   *
   * @param encoder with its NDCG@10 on the validation
   * @param scorer makes one of weights
   */
  static Stacking ofNextItems(
      Trainer.Result encoder,
      StackedPart part,
      LeaveOneOut users,
      Function<EncoderWeights, Scorer> scorer,
      long seed) {
    ItemSequences train = users.train();
    GraphFit fit = new GraphFit(encoder.weights(), part, train);
    EncoderWeights combined =
        fit.with(fit.ofNextItems(users, scorer.apply(encoder.weights()), seed));
    List<Measured> all = new ArrayList<>();
    LeaveOneOut.Mean ndcg = users.validationNdcg(scorer.apply(combined));
    all.add(new Measured("combined", ndcg.value(), ndcg.error(), combined));
    all.add(Measured.of(encoder));
    Map<String, Scorer> floors = new LinkedHashMap<>();
    floors.put("graph", new GraphScorer(train.vocabulary(), POSITIVE, fit.graph()));
    floors.put("markov", MarkovScorer.fit(train, POSITIVE, MarkovScorer.ALL_SUCCESSORS));
    floors.put("popularity", PopularityScorer.fit(train));
    int tables = fit.graph().tables().size();
    floors.forEach((name, floor) -> {
      double metric = users.validationNdcg(floor).value();
      all.add(
          new Measured(
              name, metric, Double.NaN, fit.with(fit.repeated(alone(part, name, tables)))));
    });
    return best(all, Training.NDCG, "validation.ndcg10.");
  }

  /** The weights that make the model a ranker that needs no training. */
  private static double[] alone(StackedPart part, String floor, int tables) {
    double[] weights = new double[part.features()];
    double[] ofGraph = GraphScorer.weights(tables);
    int popularity = part.popularity();
    switch (floor) {
      case "graph" -> {
        System.arraycopy(ofGraph, 0, weights, 1, tables);
        weights[popularity] = ofGraph[tables];
      }
      case "markov" -> {
        weights[1] = 1;
        weights[popularity] = 1e-4;
      }
      default -> weights[popularity] = 1;
    }
    return weights;
  }

  /** For clicks on impressions. */
  static Stacking ofClicks(
      Trainer.Result encoder,
      StackedPart part,
      ItemSequences wanted,
      HeldOutImpressions held,
      Function<EncoderWeights, Scorer> scorer) {
    GraphFit fit = new GraphFit(encoder.weights(), part, wanted);
    EncoderWeights combined = fit.with(fit.ofClicks(held, scorer.apply(encoder.weights())));
    return best(
        List.of(
            new Measured("combined", held.auc(scorer.apply(combined)), Double.NaN, combined),
            Measured.of(encoder)),
        Training.AUC,
        "validation.auc.");
  }

  /** Of equals the first. */
  private static Stacking best(List<Measured> all, String metric, String prefix) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    Measured best = all.getFirst();
    for (Measured each : all) {
      metrics.put(prefix + each.name, each.metric);
      best = each.metric > best.metric ? each : best;
    }
    String rest =
        all.stream()
            .map(each -> String.format(Locale.ROOT, "%s %.4f", each.name, each.metric))
            .reduce((a, b) -> a + ", " + b)
            .orElseThrow();
    String word =
        switch (best.name) {
          case "combined" -> "Published: the encoder and the transition graph together";
          case "encoder" ->
              "Published: the encoder alone, to which the transition graph adds nothing";
          default ->
              "Published: no more than the ranker %s, which needs no training; the encoder adds nothing to it"
                  .formatted(best.name);
        };
    return new Stacking(
        best.weights,
        best.error,
        metrics,
        List.of("%s (%s on validation: %s)".formatted(word, metric, rest)));
  }
}
