// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

import java.util.Arrays;

/**
 * Fits {@link Calibration.Platt} by Newton's method with step halving (Lin, Lin and Weng, "A note
 * on Platt's probabilistic outputs for support vector machines", 2007).
 *
 * <p>The targets are Platt's: with n clicks among the rows, (n + 1) / (n + 2) for a click, and
 * likewise for the others, so that rows which a score separates do not drive the slope to infinity.
 */
public final class PlattFit {

  private static final int MAX_STEPS = 100;
  private static final double CONVERGED = 1e-10; // of the mean gradient
  private static final double RIDGE = 1e-12; // keeps the Hessian invertible
  private static final double SMALLEST_STEP = 1e-10;

  /** Slope per standard deviation of a score that tells nothing: the order must stay. */
  private static final double LEAST_SLOPE = 1e-3;

  private final double[] scores; // (rows,) mean 0, deviation 1
  private final double[] targets; // (rows,)

  private PlattFit(double[] scores, double[] targets) {
    this.scores = scores;
    this.targets = targets;
  }

  /**
   * Fits.
   *
   * @param logits (rows,) finite, at least one
   * @param clicked (rows,)
   */
  public static Calibration.Platt of(double[] logits, boolean[] clicked) {
    CalibrationFit.requireRows(logits, clicked, 1);
    double mean = Arrays.stream(logits).average().orElseThrow();
    double variance =
        Arrays.stream(logits).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
    double deviation = variance > 0 ? Math.sqrt(variance) : 1;
    double[] scores = Arrays.stream(logits).map(x -> (x - mean) / deviation).toArray();
    double[] line = new PlattFit(scores, targets(clicked)).solve();
    double slope = line[0] / deviation;
    return new Calibration.Platt(slope, line[1] - slope * mean);
  }

  private static double[] targets(boolean[] clicked) {
    int clicks = 0;
    for (boolean click : clicked) {
      clicks += click ? 1 : 0;
    }
    double click = (clicks + 1.0) / (clicks + 2.0);
    double other = 1.0 / (clicked.length - clicks + 2.0);
    double[] targets = new double[clicked.length];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = clicked[i] ? click : other;
    }
    return targets;
  }

  /** Slope and intercept on the standardised scores. */
  private double[] solve() {
    double rate = Arrays.stream(targets).average().orElseThrow();
    double[] start = {1, Math.log(rate / (1 - rate))};
    double[] line = minimize(start, true);
    return line[0] >= LEAST_SLOPE ? line : minimize(new double[] {LEAST_SLOPE, start[1]}, false);
  }

  private double[] minimize(double[] start, boolean freeSlope) {
    double[] line = start;
    double loss = loss(line);
    for (int step = 0; step < MAX_STEPS; step++) {
      double[] direction = newtonDirection(line, freeSlope);
      if (direction.length == 0) {
        return line;
      }
      double size = 1;
      double[] next = line;
      double nextLoss = loss;
      while (size >= SMALLEST_STEP) {
        double[] tried = {line[0] + size * direction[0], line[1] + size * direction[1]};
        double triedLoss = loss(tried);
        if (triedLoss < loss) {
          next = tried;
          nextLoss = triedLoss;
          break;
        }
        size /= 2;
      }
      if (size < SMALLEST_STEP) {
        return line; // no smaller loss to be found: the precision of a double is used up
      }
      line = next;
      loss = nextLoss;
    }
    return line;
  }

  /** Minus the inverse Hessian times the gradient; empty where the gradient is nil. */
  private double[] newtonDirection(double[] line, boolean freeSlope) {
    double g0 = 0;
    double g1 = 0;
    double h00 = RIDGE;
    double h01 = 0;
    double h11 = RIDGE;
    for (int i = 0; i < scores.length; i++) {
      double p = 1 / (1 + Math.exp(-(line[0] * scores[i] + line[1])));
      double excess = p - targets[i];
      double weight = p * (1 - p);
      g0 += excess * scores[i];
      g1 += excess;
      h00 += weight * scores[i] * scores[i];
      h01 += weight * scores[i];
      h11 += weight;
    }
    if (!freeSlope) {
      return Math.abs(g1) < CONVERGED * scores.length ? new double[0] : new double[] {0, -g1 / h11};
    }
    if (Math.max(Math.abs(g0), Math.abs(g1)) < CONVERGED * scores.length) {
      return new double[0];
    }
    double determinant = h00 * h11 - h01 * h01;
    return new double[] {
      -(h11 * g0 - h01 * g1) / determinant, -(h00 * g1 - h01 * g0) / determinant
    };
  }

  /** Cross-entropy against the targets, without overflow for large scores. */
  private double loss(double[] line) {
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      double z = line[0] * scores[i] + line[1];
      sum += Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0) - targets[i] * z;
    }
    return sum;
  }
}
