// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import java.util.Arrays;
import java.util.List;

/**
 * The metrics of click prediction over one set of rows, made ready to be computed again and again
 * for draws of users: the same as {@link RankingMetrics} over the rows of the users drawn.
 */
final class ClickMetrics implements Bootstrap.Statistic {

  /** Names of the metrics, in the order of {@link #of}. */
  static final List<String> NAMES = List.of("AUC", "GAUC", "logLoss", "NE", "ratio", "ECE");

  /** Bins of the expected calibration error, of equal width. */
  static final int BINS = 10;

  // All (rows,), ordered by score.
  private final int[] users;
  private final boolean[] clicked;
  private final boolean[] tiedWithNext;
  private final double[] probabilities;
  private final double[] losses;

  // (users with rows of both labels,)
  private final int[] bothLabels;
  private final double[] userRows;
  private final double[] userAucs;

  /**
   * @param users (rows,) a number per user, from 0
   * @param scores (rows,) what orders them
   * @param probabilities (rows,) the click probabilities that the scores stand for
   * @param clicked (rows,)
   */
  ClickMetrics(int[] users, double[] scores, double[] probabilities, boolean[] clicked) {
    int rows = users.length;
    int[] order = byScore(scores);
    this.users = new int[rows];
    this.clicked = new boolean[rows];
    this.tiedWithNext = new boolean[rows];
    this.probabilities = new double[rows];
    this.losses = new double[rows];
    for (int i = 0; i < rows; i++) {
      int row = order[i];
      double p = Math.clamp(probabilities[row], RankingMetrics.CLIP, 1 - RankingMetrics.CLIP);
      this.users[i] = users[row];
      this.clicked[i] = clicked[row];
      this.tiedWithNext[i] = i + 1 < rows && scores[row] == scores[order[i + 1]];
      this.probabilities[i] = p;
      this.losses[i] = -Math.log(clicked[row] ? p : 1 - p);
    }
    // Within a user the rows are in the order of their scores already.
    Integer[] byUser = new Integer[rows];
    Arrays.setAll(byUser, i -> i);
    Arrays.sort(byUser, (a, b) -> Integer.compare(this.users[a], this.users[b]));
    int[] both = new int[rows];
    double[] counts = new double[rows];
    double[] aucs = new double[rows];
    int found = 0;
    for (int start = 0, end; start < rows; start = end) {
      end = start;
      int user = this.users[byUser[start]];
      while (end < rows && this.users[byUser[end]] == user) {
        end++;
      }
      double auc = aucOfUser(Arrays.copyOfRange(byUser, start, end), scores, order);
      if (!Double.isNaN(auc)) {
        both[found] = user;
        counts[found] = end - start;
        aucs[found++] = auc;
      }
    }
    this.bothLabels = Arrays.copyOf(both, found);
    this.userRows = Arrays.copyOf(counts, found);
    this.userAucs = Arrays.copyOf(aucs, found);
  }

  private static int[] byScore(double[] scores) {
    Integer[] order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(scores[a], scores[b]));
    return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
  }

  private double aucOfUser(Integer[] places, double[] scores, int[] order) {
    double[] own = new double[places.length];
    boolean[] labels = new boolean[places.length];
    for (int i = 0; i < own.length; i++) {
      own[i] = scores[order[places[i]]];
      labels[i] = clicked[places[i]];
    }
    return RankingMetrics.auc(own, labels);
  }

  @Override
  public double[] of(int[] draws) {
    double clicks = 0; // rows, each counted as often as its user was drawn
    double others = 0;
    double inOrder = 0; // pairs of a click above another row; a tie counts half
    double tiedClicks = 0;
    double tiedOthers = 0;
    double loss = 0;
    double expected = 0;
    double[] excess = new double[BINS];
    for (int i = 0; i < users.length; i++) {
      int weight = draws[users[i]];
      if (weight > 0) {
        double p = probabilities[i];
        loss += weight * losses[i];
        expected += weight * p;
        excess[(int) (p * BINS)] += weight * (clicked[i] ? p - 1 : p);
        if (clicked[i]) {
          tiedClicks += weight;
        } else {
          tiedOthers += weight;
        }
      }
      if (!tiedWithNext[i]) {
        inOrder += tiedClicks * (others + tiedOthers / 2);
        clicks += tiedClicks;
        others += tiedOthers;
        tiedClicks = 0;
        tiedOthers = 0;
      }
    }
    double rows = clicks + others;
    double rate = clicks / rows;
    double entropy = -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
    double error = Arrays.stream(excess).map(Math::abs).sum();
    return new double[] {
      inOrder / (clicks * others),
      gauc(draws),
      loss / rows,
      loss / rows / entropy,
      RankingMetrics.ratio(expected, clicks),
      error / rows
    };
  }

  private double gauc(int[] draws) {
    double sum = 0;
    double rows = 0;
    for (int u = 0; u < bothLabels.length; u++) {
      double weight = draws[bothLabels[u]] * userRows[u];
      sum += weight * userAucs[u];
      rows += weight;
    }
    return sum / rows;
  }
}
