// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How each ranker orders the pages of several items, of which one at least was clicked. Each page
 * counts once, however many items it has.
 *
 * @param users (pages,) whose page it is
 * @param values (rankers, pages, metrics) as {@link #NAMES}; NaN where a page does not define one
 * @param coverage (rankers,) share of the items on these pages that some page begins with
 */
record PageRanks(int[] users, double[][][] values, double[] coverage) {

  /**
   * The reciprocal rank of the best click, ties counting against it; then, of pages that have both
   * clicks and others, AUC and NDCG, ties counting half.
   */
  static final List<String> NAMES = List.of("MRR", "AUC in page", "NDCG@10 in page");

  /** Where the ranker does not know the places of the items; those that are worth telling. */
  static final List<String> UNPLACED =
      List.of("", "AUC in page unplaced", "NDCG@10 in page unplaced");

  private static final int CUTOFF = 10;

  /**
   * Of some columns of scores.
   *
   * @param column of the first ranker
   */
  static PageRanks of(List<ClickRow> rows, int column, int rankers) {
    List<List<ClickRow>> pages = pages(rows);
    int[] users = pages.stream().mapToInt(page -> page.getFirst().user()).toArray();
    long items = pages.stream().flatMap(List::stream).mapToInt(ClickRow::item).distinct().count();
    double[][][] values = new double[rankers][users.length][];
    double[] coverage = new double[rankers];
    for (int r = 0; r < rankers; r++) {
      Set<Integer> firsts = new HashSet<>();
      for (int p = 0; p < users.length; p++) {
        values[r][p] = values(pages.get(p), column + r);
        firsts.add(first(pages.get(p), column + r));
      }
      coverage[r] = (double) firsts.size() / items;
    }
    return new PageRanks(users, values, coverage);
  }

  private static List<List<ClickRow>> pages(List<ClickRow> rows) {
    List<List<ClickRow>> pages = new ArrayList<>();
    for (int start = 0, end; start < rows.size(); start = end) {
      end = start;
      while (end < rows.size() && rows.get(end).page() == rows.get(start).page()) {
        end++;
      }
      List<ClickRow> page = rows.subList(start, end);
      if (page.size() > 1 && page.stream().anyMatch(ClickRow::clicked)) {
        pages.add(page);
      }
    }
    return pages;
  }

  private static double[] values(List<ClickRow> page, int ranker) {
    double[] scores = page.stream().mapToDouble(row -> row.scores()[ranker]).toArray();
    boolean[] clicked = ClickResults.labels(page);
    return new double[] {
      RankingMetrics.reciprocalRank(rank(page, ranker)),
      RankingMetrics.auc(scores, clicked),
      RankingMetrics.ndcg(scores, clicked, CUTOFF)
    };
  }

  private static int rank(List<ClickRow> page, int ranker) {
    double best = Double.NEGATIVE_INFINITY;
    for (ClickRow row : page) {
      best = row.clicked() ? Math.max(best, row.scores()[ranker]) : best;
    }
    int rank = 1;
    for (ClickRow row : page) {
      rank += row.clicked() || row.scores()[ranker] < best ? 0 : 1;
    }
    return rank;
  }

  private static int first(List<ClickRow> page, int ranker) {
    ClickRow first = page.getFirst();
    for (ClickRow row : page) {
      first = row.scores()[ranker] > first.scores()[ranker] ? row : first;
    }
    return first.item();
  }

  boolean isEmpty() {
    return users.length == 0;
  }

  /** The means of {@link #NAMES} over the pages of the users drawn. */
  Bootstrap.Statistic means(int ranker) {
    return draws -> {
      double[] sums = new double[NAMES.size()];
      double[] pages = new double[sums.length];
      for (int p = 0; p < users.length; p++) {
        int weight = draws[users[p]];
        for (int m = 0; m < sums.length && weight > 0; m++) {
          double value = values[ranker][p][m];
          sums[m] += Double.isNaN(value) ? 0 : weight * value;
          pages[m] += Double.isNaN(value) ? 0 : weight;
        }
      }
      for (int m = 0; m < sums.length; m++) {
        sums[m] /= pages[m];
      }
      return sums;
    };
  }
}
