// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How each ranker orders the pages of several items, of which one at least was clicked.
 *
 * @param users (pages,) whose page it is
 * @param ranks (rankers, pages) place of the best click, from 1; ties count against it
 * @param coverage (rankers,) share of the items on these pages that some page begins with
 */
record PageRanks(int[] users, int[][] ranks, double[] coverage) {

  static PageRanks of(List<ClickRow> rows, int rankers) {
    List<List<ClickRow>> pages = pages(rows);
    int[] users = pages.stream().mapToInt(page -> page.getFirst().user()).toArray();
    long items = pages.stream().flatMap(List::stream).mapToInt(ClickRow::item).distinct().count();
    int[][] ranks = new int[rankers][users.length];
    double[] coverage = new double[rankers];
    for (int r = 0; r < rankers; r++) {
      Set<Integer> firsts = new HashSet<>();
      for (int p = 0; p < users.length; p++) {
        ranks[r][p] = rank(pages.get(p), r);
        firsts.add(first(pages.get(p), r));
      }
      coverage[r] = (double) firsts.size() / items;
    }
    return new PageRanks(users, ranks, coverage);
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

  /** Mean reciprocal rank over the pages of the users drawn. */
  Bootstrap.Statistic reciprocalRank(int ranker) {
    return draws -> {
      double sum = 0;
      double pages = 0;
      for (int p = 0; p < users.length; p++) {
        sum += draws[users[p]] * RankingMetrics.reciprocalRank(ranks[ranker][p]);
        pages += draws[users[p]];
      }
      return new double[] {sum / pages};
    };
  }
}
