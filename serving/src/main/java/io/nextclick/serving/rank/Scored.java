// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.models.LoadedModel;
import org.jspecify.annotations.Nullable;

/**
 * Candidates with their scores.
 *
 * @param model who scored; null for the caller's order
 * @param encoded what the model read; null for the caller's order
 * @param scores (candidates,) finite; 1 / place for the caller's order
 * @param fallback why it was not the first model; null if it was
 */
record Scored(
    @Nullable LoadedModel model,
    @Nullable EncodedRequest encoded,
    Candidates candidates,
    float[] scores,
    @Nullable Fallback fallback) {

  /** Candidates that nobody could score, in the order in which they came. */
  static Scored inCallersOrder(Candidates candidates, @Nullable Fallback fallback) {
    float[] scores = new float[candidates.items().size()];
    for (int place = 0; place < scores.length; place++) {
      scores[place] = 1f / (place + 1);
    }
    return new Scored(null, null, candidates, scores, fallback);
  }

  /** Whether the candidates have click probabilities. */
  boolean calibrated() {
    return model != null && model.scorer().calibrated();
  }

  /** The click probability of candidate {@code index}; null unless the model is calibrated. */
  @Nullable Double probability(int index) {
    return model == null || encoded == null || !calibrated()
        ? null
        : model.scorer().probability(scores[index], encoded);
  }
}
