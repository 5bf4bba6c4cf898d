// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shadow;

import io.nextclick.model.retrieve.TopK;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How alike two models order the same candidates.
 *
 * @param live (candidates,) scores
 * @param shadow (candidates,) scores
 */
record RankComparison(float[] live, float[] shadow) {

  /**
   * Spearman's rank correlation: Pearson's, of ranks, where equal scores share the mean of their
   * ranks; 1 for one order, -1 for opposite ones, 0 if a model tells no candidates apart.
   */
  double correlation() {
    double[] a = ranks(live);
    double[] b = ranks(shadow);
    double mean = (a.length - 1) / 2.0;
    double product = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (a[i] - mean) * (b[i] - mean);
      squareA += (a[i] - mean) * (a[i] - mean);
      squareB += (b[i] - mean) * (b[i] - mean);
    }
    return squareA == 0 || squareB == 0 ? 0 : product / Math.sqrt(squareA * squareB);
  }

  /** Part of the best {@code k} by the one that is among the best {@code k} by the other. */
  double overlap(int k) {
    int[] a = TopK.select(live, k);
    int[] b = TopK.select(shadow, k);
    Arrays.sort(b);
    long both = Arrays.stream(a).filter(i -> Arrays.binarySearch(b, i) >= 0).count();
    return a.length == 0 ? 1 : (double) both / a.length;
  }

  /** (candidates,) from 0 for the lowest score. */
  private static double[] ranks(float[] scores) {
    int[] order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((i, j) -> Float.compare(scores[i], scores[j]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[scores.length];
    for (int from = 0, to; from < order.length; from = to) {
      to = from + 1;
      while (to < order.length && scores[order[to]] == scores[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + to - 1) / 2.0;
      }
    }
    return ranks;
  }
}
