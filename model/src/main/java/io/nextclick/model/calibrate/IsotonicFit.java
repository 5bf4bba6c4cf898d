// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Fits {@link Calibration.Isotonic} by pooling adjacent violators (Ayer et al., "An empirical
 * distribution function for sampling with incomplete information", 1955).
 *
 * <p>Rows are first gathered into bins of equal mass, each with one row of the overall click rate
 * added: few rows at an end must not claim that a click is certain or impossible. Beyond the mean
 * of the last block the line goes on, by one standard error of the block's rate at most: else the
 * best items of a list would all have one probability.
 */
public final class IsotonicFit {

  private static final int MAX_BINS = 1_000;
  private static final int LEAST_ROWS_PER_BIN = 50;

  /** Rows in the order of their scores, as blocks that grow. */
  private final double[] scoreSums;

  private final double[] clickSums;
  private final double[] weights;
  private int blocks;

  private IsotonicFit(int capacity) {
    scoreSums = new double[capacity];
    clickSums = new double[capacity];
    weights = new double[capacity];
  }

  /**
   * Fits.
   *
   * @param logits (rows,) finite, at least one
   * @param clicked (rows,)
   */
  public static Calibration.Isotonic of(double[] logits, boolean[] clicked) {
    CalibrationFit.requireRows(logits, clicked, 1);
    int bins = Math.clamp(logits.length / LEAST_ROWS_PER_BIN, 1, MAX_BINS);
    double lowest = Arrays.stream(logits).min().orElseThrow();
    double highest = Arrays.stream(logits).max().orElseThrow();
    // What is served may lie beyond what was seen here.
    double margin = (highest - lowest) / 2;
    return pool(logits, clicked, bins, 1).pointsAndEnds(lowest - margin, highest + margin);
  }

  /**
   * Fits.
   *
   * @param bins at most so many points
   * @param prior rows of the overall rate added to each bin
   */
  static Calibration.Isotonic of(double[] logits, boolean[] clicked, int bins, double prior) {
    return pool(logits, clicked, bins, prior).points();
  }

  private static IsotonicFit pool(double[] logits, boolean[] clicked, int bins, double prior) {
    Integer[] order = new Integer[logits.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(logits[a], logits[b]));
    double clicks = 0;
    for (boolean click : clicked) {
      clicks += click ? 1 : 0;
    }
    double rate = clicks / clicked.length;
    var fit = new IsotonicFit(bins);
    int start = 0;
    for (int bin = 0; bin < bins && start < order.length; bin++) {
      int end = Math.max(start + 1, (int) ((bin + 1L) * order.length / bins));
      // Rows of one score belong together.
      while (end < order.length && logits[order[end]] == logits[order[end - 1]]) {
        end++;
      }
      double scores = 0;
      double clickSum = prior * rate;
      for (int i = start; i < end; i++) {
        scores += logits[order[i]];
        clickSum += clicked[order[i]] ? 1 : 0;
      }
      double weight = end - start;
      fit.add(scores * (weight + prior) / weight, clickSum, weight + prior);
      start = end;
    }
    return fit;
  }

  /** Adds a block behind the others and pools it with those that it does not exceed. */
  private void add(double scoreSum, double clickSum, double weight) {
    scoreSums[blocks] = scoreSum;
    clickSums[blocks] = clickSum;
    weights[blocks] = weight;
    blocks++;
    while (blocks > 1 && rate(blocks - 1) <= rate(blocks - 2)) {
      blocks--;
      scoreSums[blocks - 1] += scoreSums[blocks];
      clickSums[blocks - 1] += clickSums[blocks];
      weights[blocks - 1] += weights[blocks];
    }
  }

  private double rate(int block) {
    return clickSums[block] / weights[block];
  }

  /** The mean score and the click rate of each block. */
  private Calibration.Isotonic points() {
    double[] logits = new double[blocks];
    double[] probabilities = new double[blocks];
    int points = 0;
    for (int block = 0; block < blocks; block++) {
      double score = scoreSums[block] / weights[block];
      // Two means of neighbouring scores may round to one number.
      if (points == 0 || score > logits[points - 1]) {
        logits[points] = score;
        probabilities[points++] = Math.clamp(rate(block), 0, 1);
      }
    }
    return new Calibration.Isotonic(
        Arrays.copyOf(logits, points), Arrays.copyOf(probabilities, points));
  }

  /** One more point at either end, where the outermost row is no mean of a block. */
  private Calibration.Isotonic pointsAndEnds(double lowest, double highest) {
    Calibration.Isotonic points = points();
    DoubleStream.Builder logits = DoubleStream.builder();
    DoubleStream.Builder probabilities = DoubleStream.builder();
    if (lowest < points.logits()[0]) {
      logits.add(lowest);
      probabilities.add(Math.max(0, rate(0) - standardError(0)));
    }
    Arrays.stream(points.logits()).forEach(logits);
    Arrays.stream(points.probabilities()).forEach(probabilities);
    int last = blocks - 1;
    if (highest > points.logits()[points.logits().length - 1]) {
      logits.add(highest);
      probabilities.add(Math.min(1, rate(last) + standardError(last)));
    }
    return new Calibration.Isotonic(logits.build().toArray(), probabilities.build().toArray());
  }

  private double standardError(int block) {
    double rate = Math.clamp(rate(block), 0, 1);
    return Math.sqrt(rate * (1 - rate) / weights[block]);
  }
}
