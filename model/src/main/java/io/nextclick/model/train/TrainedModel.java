// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.bundle.Manifest;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.part.EncoderWeights;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A trained model.
 *
 * @param history of all epochs
 * @param best epoch, whose weights these are
 * @param metric what the validation measured
 * @param error standard error of it, by the rows that it was measured on
 * @param metrics on the validation part, by name; finite
 * @param stopped that the clock ended it before its time, in words; null if it did not
 * @param notes what is not as one would expect, in words
 */
public record TrainedModel(
    Vocabulary vocabulary,
    EncoderWeights weights,
    Calibration calibration,
    List<Epoch> history,
    int best,
    String metric,
    double error,
    Map<String, Double> metrics,
    @Nullable String stopped,
    List<String> notes) {

  /** What the validation says of the whole model, and not of its encoder alone. */
  public double validation() {
    double ofEncoder = history.get(best - 1).metric();
    String name = metric.equals(Training.NDCG) ? Training.VALIDATION_NDCG : Manifest.VALIDATION_AUC;
    return metrics.getOrDefault(name, ofEncoder);
  }

  /**
   * The metrics and all epochs as a JSON file.
   *
   * @param search how the recipe was found, a value for JSON; null where nobody searched
   */
  public String report(@Nullable Object search) {
    return new TrainingReport(metric, best, stopped, new TreeMap<>(metrics), history, search)
        .json();
  }

  /** The learning curve as an SVG file. */
  public String curve() {
    return LearningCurve.svg(history, best, metric);
  }
}
