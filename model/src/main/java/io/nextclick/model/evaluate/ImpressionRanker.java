// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.SmoothedCtr;
import io.nextclick.model.data.Impression;
import java.util.List;
import java.util.function.Supplier;

/** What scores impressions: a {@link Scorer}, or a rate that needs to know the user's name. */
interface ImpressionRanker {

  /**
   * The scores of one impression's items.
   *
   * @param scores (items,) what orders them
   * @param probabilities (items,) of a click; NaN where the ranker knows none
   */
  record Scored(double[] scores, double[] probabilities) {}

  String name();

  /** Whether the history changes the scores. */
  boolean readsHistory();

  /** Reads the impression now; the scores are computed later, by any thread. */
  Supplier<Scored> prepare(Impression shown, UserSequence history, ItemCatalog items);

  /** The same by somebody who does not know where the items will stand. */
  default Supplier<Scored> prepareUnplaced(
      Impression shown, UserSequence history, ItemCatalog items) {
    return prepare(shown, history, items);
  }

  /** Whether it makes a difference to know where the items stand. */
  default boolean readsPlace() {
    return false;
  }

  /**
   * A scorer, asked as serving asks it.
   *
   * @param itself whether its own probabilities count; else they are fitted to the validation part
   */
  static ImpressionRanker of(Scorer scorer, boolean itself) {
    return new ImpressionRanker() {
      @Override
      public String name() {
        return scorer.name();
      }

      @Override
      public boolean readsHistory() {
        return scorer.maxHistory() > 0;
      }

      @Override
      public Supplier<Scored> prepare(Impression shown, UserSequence history, ItemCatalog items) {
        return scores(shown.requests(scorer, history, items));
      }

      @Override
      public boolean readsPlace() {
        return scorer.readsContext();
      }

      @Override
      public Supplier<Scored> prepareUnplaced(
          Impression shown, UserSequence history, ItemCatalog items) {
        return scores(shown.unplacedRequests(scorer, history, items));
      }

      private Supplier<Scored> scores(List<EncodedRequest> requests) {
        return () -> {
          double[] scores = new double[requests.size()];
          double[] probabilities = new double[scores.length];
          for (int i = 0; i < scores.length; i++) {
            EncodedRequest request = requests.get(i);
            float score = scorer.score(request)[0];
            scores[i] = score;
            probabilities[i] = itself ? scorer.probability(score, request) : Double.NaN;
          }
          return new Scored(scores, probabilities);
        };
      }
    };
  }

  /** The click rates of the training part. */
  static ImpressionRanker of(SmoothedCtr rates, String surface) {
    return new ImpressionRanker() {
      @Override
      public String name() {
        return "ctr";
      }

      @Override
      public boolean readsHistory() {
        return false;
      }

      @Override
      public Supplier<Scored> prepare(Impression shown, UserSequence history, ItemCatalog items) {
        List<String> ids = shown.items();
        String place = shown.context().getOrDefault(surface, "");
        return () -> {
          double[] logits = new double[ids.size()];
          double[] none = new double[logits.length];
          for (int i = 0; i < logits.length; i++) {
            logits[i] = rates.logit(shown.user(), ids.get(i), place);
            none[i] = Double.NaN;
          }
          return new Scored(logits, none);
        };
      }
    };
  }
}
