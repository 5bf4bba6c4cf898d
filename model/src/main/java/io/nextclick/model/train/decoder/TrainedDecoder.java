// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import static java.util.Objects.requireNonNull;

import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.decoder.PageWeights;
import java.util.List;
import java.util.Map;

/**
 * A trained decoder.
 *
 * @param weights of the best epoch
 * @param calibration of its logits
 * @param epochs all of them
 * @param best epoch, from 1
 * @param metrics on the validation part, by name; finite
 */
public record TrainedDecoder(
    PageWeights weights,
    Calibration calibration,
    List<Epoch> epochs,
    int best,
    Map<String, Double> metrics) {

  static final String ENTROPY = "validation.decoder.normalisedEntropy";
  static final String POINTWISE_ENTROPY = "validation.decoder.pointwise.normalisedEntropy";

  /** Whether it has less normalised entropy on the validation than the model by itself. */
  public boolean better() {
    return requireNonNull(metrics.get(ENTROPY)) < requireNonNull(metrics.get(POINTWISE_ENTROPY));
  }

  /**
   * An epoch.
   *
   * @param loss mean over the items shown, nats
   * @param validation mean log loss of the items shown on held-out pages, nats; less is better
   */
  public record Epoch(double loss, double validation) {}
}
