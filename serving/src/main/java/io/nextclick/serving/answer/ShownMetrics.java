// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.model.evaluate.RankingMetrics;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The offline metrics of what was shown, with the clicks that followed. Not for several threads.
 */
final class ShownMetrics {

  private static final int TOP = 10;
  private static final int BINS = 10;

  private final Map<String, Integer> users = new HashMap<>();
  private int[] user = new int[1_024]; // (rows,) a number per user
  private double[] score = new double[1_024]; // (rows,)
  private double[] probability = new double[1_024]; // (rows,) NaN where there is none
  private boolean[] clicked = new boolean[1_024]; // (rows,)
  private int rows;
  private long items;
  private long answers;
  private long clicks;
  private long answersWithClicks;
  private double reciprocalRanks;
  private double ndcg;

  /**
   * Adds a list.
   *
   * @param name of the user
   * @param scores (items,) best first; NaN where none is known
   * @param probabilities (items,) of a click; NaN where the model is not calibrated
   * @param labels (items,) whether each was clicked
   */
  void add(String name, double[] scores, double[] probabilities, boolean[] labels) {
    answers++;
    items += labels.length;
    int number = users.computeIfAbsent(name, key -> users.size());
    int first = 0;
    double gain = 0;
    int relevant = 0;
    for (int i = 0; i < labels.length; i++) {
      if (labels[i]) {
        relevant++;
        clicks++;
        first = first == 0 ? i + 1 : first;
        gain += RankingMetrics.ndcg(i + 1, TOP);
      }
      addRow(number, scores[i], probabilities[i], labels[i]);
    }
    if (relevant > 0) {
      answersWithClicks++;
      reciprocalRanks += RankingMetrics.reciprocalRank(first);
      double ideal = 0;
      for (int rank = 1; rank <= Math.min(relevant, TOP); rank++) {
        ideal += RankingMetrics.ndcg(rank, TOP);
      }
      ndcg += gain / ideal;
    }
  }

  private void addRow(int number, double s, double p, boolean click) {
    if (Double.isNaN(s)) {
      return;
    }
    if (rows == user.length) {
      user = Arrays.copyOf(user, 2 * rows);
      score = Arrays.copyOf(score, 2 * rows);
      probability = Arrays.copyOf(probability, 2 * rows);
      clicked = Arrays.copyOf(clicked, 2 * rows);
    }
    user[rows] = number;
    score[rows] = s;
    probability[rows] = p;
    clicked[rows] = click;
    rows++;
  }

  /** The names of {@link #row}, as a line of a table. */
  static String header() {
    return "%-28s %9s %9s %8s %8s %8s %8s %8s %8s %10s"
        .formatted(
            "model",
            "answers",
            "items",
            "clicks",
            "CTR",
            "MRR",
            "NDCG@10",
            "AUC",
            "GAUC",
            "predicted");
  }

  /**
   * The metrics: click rate; MRR and NDCG over the answers with clicks; AUC and GAUC over items;
   * the sum of the probabilities over the clicks, where there are probabilities.
   */
  String row(String model) {
    double[] scores = Arrays.copyOf(score, rows);
    boolean[] labels = Arrays.copyOf(clicked, rows);
    Predicted predicted = predicted();
    return "%-28s %,9d %,9d %,8d %8s %8s %8s %8s %8s %10s"
        .formatted(
            model,
            answers,
            items,
            clicks,
            number((double) clicks / items),
            number(reciprocalRanks / answersWithClicks),
            number(ndcg / answersWithClicks),
            number(RankingMetrics.auc(scores, labels)),
            number(RankingMetrics.gauc(Arrays.copyOf(user, rows), scores, labels)),
            number(RankingMetrics.calibrationRatio(predicted.p, predicted.clicked)));
  }

  /** The rows that have a probability. */
  private record Predicted(double[] p, boolean[] clicked) {}

  private Predicted predicted() {
    double[] p = new double[rows];
    boolean[] labels = new boolean[rows];
    int found = 0;
    for (int row = 0; row < rows; row++) {
      if (!Double.isNaN(probability[row])) {
        p[found] = probability[row];
        labels[found++] = clicked[row];
      }
    }
    return new Predicted(Arrays.copyOf(p, found), Arrays.copyOf(labels, found));
  }

  /** Log loss, normalised entropy and expected calibration error, in words. */
  String losses() {
    Predicted predicted = predicted();
    double[] p = predicted.p;
    boolean[] labels = predicted.clicked;
    if (p.length == 0) {
      return "not calibrated: its scores are no click probabilities";
    }
    return "log loss %s, NE %s, ECE %s"
        .formatted(
            number(RankingMetrics.logLoss(p, labels)),
            number(RankingMetrics.normalizedEntropy(p, labels)),
            number(RankingMetrics.expectedCalibrationError(p, labels, BINS)));
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value) : "-";
  }
}
