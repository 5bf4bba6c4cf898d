// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static java.util.Objects.requireNonNull;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.data.Impression;
import io.nextclick.model.slate.Prefix;
import java.util.function.Supplier;

/**
 * What a model's decoder says of impressions: of each item after those that were shown before it,
 * whatever became of them.
 *
 * @param scorer that places pages
 */
record PageRanker(Scorer scorer) implements ImpressionRanker {

  /** Behind the model's name. */
  static final String ON_PAGE = " on page";

  @Override
  public String name() {
    return scorer.name() + ON_PAGE;
  }

  @Override
  public boolean readsHistory() {
    return true;
  }

  @Override
  public Supplier<Scored> prepare(Impression shown, UserSequence history, ItemCatalog items) {
    EncodedRequest request = shown.unplacedRequest(scorer, history, items);
    return () -> {
      double[] probabilities = new double[request.candidates().length];
      double[] next = new double[probabilities.length];
      Prefix prefix = requireNonNull(scorer.page(request));
      for (int place = 0; place < probabilities.length; place++) {
        prefix.probabilities(next);
        probabilities[place] = next[place];
        prefix = place + 1 < probabilities.length ? prefix.then(place) : prefix;
      }
      return new Scored(probabilities.clone(), probabilities);
    };
  }
}
