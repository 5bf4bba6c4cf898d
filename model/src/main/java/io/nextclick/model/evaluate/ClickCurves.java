// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Curves of click predictions, with few enough points to draw. */
final class ClickCurves {

  private static final int BINS = 20;
  private static final int ROC_POINTS = 60;

  private ClickCurves() {}

  /**
   * The reliability diagram: bins of equal numbers of rows, in the order of their probabilities.
   *
   * @return (bins, 2) mean probability, click rate
   */
  static double[][] reliability(double[] probabilities, boolean[] clicked) {
    Integer[] order = sorted(probabilities);
    int bins = Math.min(BINS, order.length);
    double[][] points = new double[bins][];
    for (int bin = 0; bin < bins; bin++) {
      int start = (int) ((long) bin * order.length / bins);
      int end = (int) ((bin + 1L) * order.length / bins);
      double expected = 0;
      double clicks = 0;
      for (int i = start; i < end; i++) {
        expected += probabilities[order[i]];
        clicks += clicked[order[i]] ? 1 : 0;
      }
      double rows = end - start;
      points[bin] = new double[] {expected / rows, clicks / rows};
    }
    return points;
  }

  /**
   * The ROC curve, from (0, 0) to (1, 1).
   *
   * @return (points, 2) share of the others, and of the clicks, above a score; empty unless there
   *     are both
   */
  static double[][] roc(double[] scores, boolean[] clicked) {
    Integer[] order = sorted(scores);
    double clicks = 0;
    for (boolean click : clicked) {
      clicks += click ? 1 : 0;
    }
    double others = clicked.length - clicks;
    if (clicks == 0 || others == 0) {
      return new double[0][];
    }
    List<double[]> points = new ArrayList<>();
    points.add(new double[] {0, 0});
    double above = 0;
    double clicksAbove = 0;
    double nextAt = order.length / (double) ROC_POINTS;
    for (int i = order.length - 1; i >= 0; i--) {
      above++;
      clicksAbove += clicked[order[i]] ? 1 : 0;
      boolean tied = i > 0 && scores[order[i]] == scores[order[i - 1]];
      if ((above >= nextAt && !tied) || i == 0) {
        points.add(new double[] {(above - clicksAbove) / others, clicksAbove / clicks});
        nextAt = above + order.length / (double) ROC_POINTS;
      }
    }
    return points.toArray(double[][]::new);
  }

  private static Integer[] sorted(double[] values) {
    Integer[] order = new Integer[values.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(values[a], values[b]));
    return order;
  }
}
