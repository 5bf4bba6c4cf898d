// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

import java.util.Arrays;

/**
 * The better of two calibrations: fitted to the first half of the rows, compared by log loss on the
 * second half, and the better one fitted again to all.
 *
 * @param calibration the better one
 * @param plattLogLoss mean on the second half, nats
 * @param isotonicLogLoss mean on the second half, nats
 */
public record CalibrationFit(Calibration calibration, double plattLogLoss, double isotonicLogLoss) {

  /** Probabilities are held to this distance from 0 and 1 when they are compared. */
  private static final double CLIP = 1e-6;

  /**
   * Fits and chooses.
   *
   * @param logits (rows,) finite scores in the order of time, of rows later than the model's
   *     training; at least two
   * @param clicked (rows,) of both kinds: from one kind alone a fit would answer 0, or 1, to all
   */
  public static CalibrationFit of(double[] logits, boolean[] clicked) {
    requireRows(logits, clicked, 2);
    LabelCounts labels = LabelCounts.of(clicked);
    if (!labels.hasEach(1)) {
      throw new IllegalArgumentException(
          "clicks=%d of %d rows: a calibration needs clicks and others"
              .formatted(labels.clicks(), labels.rows()));
    }
    int half = logits.length / 2;
    double[] first = Arrays.copyOf(logits, half);
    boolean[] firstClicked = Arrays.copyOf(clicked, half);
    double[] second = Arrays.copyOfRange(logits, half, logits.length);
    boolean[] secondClicked = Arrays.copyOfRange(clicked, half, clicked.length);
    double platt = logLoss(PlattFit.of(first, firstClicked), second, secondClicked);
    double isotonic = logLoss(IsotonicFit.of(first, firstClicked), second, secondClicked);
    return new CalibrationFit(
        isotonic < platt ? IsotonicFit.of(logits, clicked) : PlattFit.of(logits, clicked),
        platt,
        isotonic);
  }

  private static double logLoss(Calibration calibration, double[] logits, boolean[] clicked) {
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double p = Math.clamp(calibration.probability(logits[i]), CLIP, 1 - CLIP);
      sum -= Math.log(clicked[i] ? p : 1 - p);
    }
    return sum / logits.length;
  }

  static void requireRows(double[] logits, boolean[] clicked, int least) {
    if (logits.length != clicked.length || logits.length < least) {
      throw new IllegalArgumentException(
          "logits=%d, labels=%d, at least %d of each"
              .formatted(logits.length, clicked.length, least));
    }
    for (int i = 0; i < logits.length; i++) {
      if (!Double.isFinite(logits[i])) {
        throw new IllegalArgumentException("logits[" + i + "] is not finite");
      }
    }
  }
}
