// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.ForwardingScorer;
import io.nextclick.model.Scorer;

/**
 * A scorer of logits with its calibration.
 *
 * @param scorer gives logits
 * @param calibration makes probabilities of them
 */
public record CalibratedScorer(Scorer scorer, Calibration calibration) implements ForwardingScorer {

  @Override
  public double probability(float score, EncodedRequest request) {
    return calibration.probability(score);
  }

  @Override
  public boolean calibrated() {
    return calibration.fitted();
  }
}
