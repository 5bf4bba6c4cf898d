// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.model.calibrate.LabelCounts;
import java.util.Arrays;

/** The metrics, as pure functions. Ranks count from 1; labels tell clicks. */
public final class RankingMetrics {

  /** Predictions are held to this distance from 0 and 1, so that no logarithm is infinite. */
  static final double CLIP = 1e-6;

  private RankingMetrics() {}

  /** Hit rate at k of one target: 1 if its rank is at most k, else 0. */
  public static double hit(int rank, int k) {
    return rank <= k ? 1 : 0;
  }

  /** NDCG at k of one target: {@code 1 / log2(rank + 1)} if its rank is at most k, else 0. */
  public static double ndcg(int rank, int k) {
    return rank <= k ? Math.log(2) / Math.log(rank + 1.0) : 0;
  }

  /**
   * NDCG at k of rows that are clicks or not (Järvelin and Kekäläinen, 2002): each click gains
   * {@code 1 / log2(place + 1)} in the first k places, over what the best order would gain. Tied
   * rows share the mean gain of their places (McSherry and Najork, 2008).
   *
   * @param scores (rows,)
   * @param clicked (rows,)
   * @return from 0 to 1; NaN unless there are clicks and others, and every score is a number
   */
  public static double ndcg(double[] scores, boolean[] clicked, int k) {
    requireSameLength(scores, clicked);
    LabelCounts labels = LabelCounts.of(clicked);
    if (!labels.hasEach(1) || Arrays.stream(scores).anyMatch(Double::isNaN)) {
      return Double.NaN;
    }
    Integer[] order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(scores[b], scores[a]));
    double gain = 0;
    for (int start = 0, end; start < order.length; start = end) {
      int clicks = 0;
      double places = 0;
      for (end = start; end < order.length && scores[order[end]] == scores[order[start]]; end++) {
        clicks += clicked[order[end]] ? 1 : 0;
        places += ndcg(end + 1, k);
      }
      gain += clicks * places / (end - start);
    }
    double best = 0;
    for (int place = 1; place <= labels.clicks(); place++) {
      best += ndcg(place, k);
    }
    return gain / best;
  }

  /** Reciprocal rank of one target, whatever its rank. */
  public static double reciprocalRank(int rank) {
    return 1.0 / rank;
  }

  /**
   * Area under the ROC curve, ties counting half (Mann and Whitney, 1947).
   *
   * @param scores (rows,)
   * @param clicked (rows,)
   * @return from 0 to 1; NaN unless there are clicks and others, and every score is a number
   */
  public static double auc(double[] scores, boolean[] clicked) {
    requireSameLength(scores, clicked);
    if (Arrays.stream(scores).anyMatch(Double::isNaN)) {
      return Double.NaN;
    }
    Integer[] order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(scores[a], scores[b]));
    double rankSum = 0; // of the clicked rows; tied rows share their average rank
    long positives = 0;
    for (int start = 0, end; start < order.length; start = end) {
      end = start;
      int clicks = 0;
      while (end < order.length && scores[order[end]] == scores[order[start]]) {
        clicks += clicked[order[end++]] ? 1 : 0;
      }
      rankSum += clicks * (start + 1 + end) / 2.0;
      positives += clicks;
    }
    double negatives = scores.length - positives;
    return (rankSum - positives * (positives + 1) / 2.0) / (positives * negatives);
  }

  /**
   * Standard error of an area under the curve (Hanley and McNeil, "The meaning and use of the area
   * under a receiver operating characteristic (ROC) curve", Radiology 143, 1982).
   *
   * @param auc the area
   * @param clicks rows of the one kind, at least 1
   * @param others rows of the other kind, at least 1
   */
  public static double aucError(double auc, long clicks, long others) {
    double square = auc * auc;
    double ofClicks = (clicks - 1) * (auc / (2 - auc) - square);
    double ofOthers = (others - 1) * (2 * square / (1 + auc) - square);
    return Math.sqrt((auc * (1 - auc) + ofClicks + ofOthers) / ((double) clicks * others));
  }

  /**
   * AUC within each user, weighted by the user's rows, over users with both labels (Zhou et al.,
   * DIN, KDD 2018).
   *
   * @param users (rows,) a number per user; a user's rows may lie anywhere
   * @return from 0 to 1; NaN if no user has both labels
   */
  public static double gauc(int[] users, double[] scores, boolean[] clicked) {
    requireSameLength(scores, clicked);
    Integer[] order = new Integer[users.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Integer.compare(users[a], users[b]));
    double sum = 0;
    long rows = 0;
    for (int start = 0, end; start < order.length; start = end) {
      end = start;
      while (end < order.length && users[order[end]] == users[order[start]]) {
        end++;
      }
      double[] own = new double[end - start];
      boolean[] labels = new boolean[end - start];
      for (int i = start; i < end; i++) {
        own[i - start] = scores[order[i]];
        labels[i - start] = clicked[order[i]];
      }
      double auc = auc(own, labels);
      if (!Double.isNaN(auc)) {
        sum += own.length * auc;
        rows += own.length;
      }
    }
    return sum / rows;
  }

  /** Mean negative log-likelihood, in nats. */
  public static double logLoss(double[] probabilities, boolean[] clicked) {
    requireSameLength(probabilities, clicked);
    double sum = 0;
    for (int i = 0; i < clicked.length; i++) {
      double p = Math.clamp(probabilities[i], CLIP, 1 - CLIP);
      sum -= Math.log(clicked[i] ? p : 1 - p);
    }
    return sum / clicked.length;
  }

  /**
   * Normalised entropy: log loss relative to that of the rows' own click rate; below 1 is better
   * than knowing the rate alone (He et al., ADKDD 2014). NaN unless there are clicks and others.
   */
  public static double normalizedEntropy(double[] probabilities, boolean[] clicked) {
    double rate = (double) clicks(clicked) / clicked.length;
    double entropy = -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
    return logLoss(probabilities, clicked) / entropy;
  }

  /** Sum of the probabilities over the number of clicks: 1 is right on average. NaN without any. */
  public static double calibrationRatio(double[] probabilities, boolean[] clicked) {
    requireSameLength(probabilities, clicked);
    return ratio(Arrays.stream(probabilities).sum(), (double) clicks(clicked));
  }

  /** A quotient; NaN, not infinity, where there is nothing to divide by. */
  static double ratio(double value, double by) {
    return by == 0 ? Double.NaN : value / by;
  }

  /**
   * Expected calibration error over bins of equal width (Naeini et al., AAAI 2015).
   *
   * @param bins number of bins, such as 10
   */
  public static double expectedCalibrationError(
      double[] probabilities, boolean[] clicked, int bins) {
    requireSameLength(probabilities, clicked);
    double[] excess = new double[bins]; // per bin, sum of (probability - label)
    for (int i = 0; i < clicked.length; i++) {
      double p = Math.clamp(probabilities[i], CLIP, 1 - CLIP);
      excess[(int) (p * bins)] += p - (clicked[i] ? 1 : 0);
    }
    return Arrays.stream(excess).map(Math::abs).sum() / clicked.length;
  }

  private static long clicks(boolean[] clicked) {
    return LabelCounts.of(clicked).clicks();
  }

  private static void requireSameLength(double[] values, boolean[] clicked) {
    if (values.length != clicked.length) {
      throw new IllegalArgumentException("values=" + values.length + ", labels=" + clicked.length);
    }
  }
}
