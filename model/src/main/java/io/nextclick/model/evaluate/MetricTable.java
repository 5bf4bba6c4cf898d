// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.model.evaluate.EvaluationReport.Ranker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Metrics of several rankers over several sets of rows, all computed from the same draws of users:
 * so that differences between rankers are paired.
 */
final class MetricTable {

  /** What one statistic adds: its i-th value is metric {@code names[i]}, unless that is empty. */
  private record Entry(String set, int ranker, List<String> names, Bootstrap.Statistic statistic) {}

  private final List<String> rankers;
  private final List<Entry> entries = new ArrayList<>();
  private final Map<List<String>, Integer> columns = new LinkedHashMap<>(); // (set, ranker, metric)
  private double[] values = {}; // (columns,)
  private double[][] draws = {}; // (resamples, columns)
  private int users;

  /**
   * @param rankers names; the others are compared with the first
   */
  MetricTable(List<String> rankers) {
    this.rankers = rankers;
  }

  /**
   * Adds metrics of one ranker.
   *
   * @param set the rows that they are of
   * @param names of the statistic's values; empty for those not asked for
   */
  void add(String set, int ranker, List<String> names, Bootstrap.Statistic statistic) {
    entries.add(new Entry(set, ranker, names, statistic));
  }

  /** Computes everything: per set, every ranker's values, intervals and distances to the first. */
  Map<String, List<Ranker>> compute(Bootstrap bootstrap, int users) {
    int[] once = new int[users];
    Arrays.fill(once, 1);
    this.users = users;
    values = all(once);
    draws = bootstrap.resample(users, this::all);
    Map<String, List<Ranker>> sets = new LinkedHashMap<>();
    int column = 0;
    for (Entry entry : entries) {
      List<Ranker> row =
          sets.computeIfAbsent(
              entry.set, set -> rankers.stream().map(MetricTable::emptyRanker).toList());
      for (String name : entry.names) {
        if (!name.isEmpty() && !Double.isNaN(values[column])) {
          columns.put(List.of(entry.set, rankers.get(entry.ranker), name), column);
          fill(row.get(entry.ranker), name, column);
          Integer first = columns.get(List.of(entry.set, rankers.getFirst(), name));
          if (entry.ranker > 0 && first != null) {
            double[] lead = lead(first, column);
            if (!Double.isNaN(lead[1])) {
              row.get(entry.ranker).behind().put(name, lead);
            }
          }
        }
        column++;
      }
    }
    return sets;
  }

  private static Ranker emptyRanker(String name) {
    return new Ranker(name, new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
  }

  private double[] all(int[] draws) {
    return entries.stream()
        .flatMapToDouble(entry -> Arrays.stream(entry.statistic.of(draws)))
        .toArray();
  }

  /**
   * How far one ranker is ahead of another, and the ends of that distance's 95 % interval. Both
   * must have the metric.
   */
  double[] lead(String set, String ranker, String other, String metric) {
    return lead(column(set, ranker, metric), column(set, other, metric));
  }

  private int column(String set, String ranker, String metric) {
    Integer column = columns.get(List.of(set, ranker, metric));
    if (column == null) {
      throw new IllegalArgumentException("%s has no %s".formatted(ranker, metric));
    }
    return column;
  }

  /** The number of users that were drawn from. */
  int users() {
    return users;
  }

  private void fill(Ranker ranker, String name, int column) {
    ranker.metrics().put(name, values[column]);
    double[] interval = Bootstrap.interval(drawn(column));
    if (!Double.isNaN(interval[0])) {
      ranker.intervals().put(name, interval);
    }
  }

  private double[] lead(int first, int other) {
    double[] interval =
        Bootstrap.interval(
            IntStream.range(0, draws.length)
                .mapToDouble(draw -> draws[draw][first] - draws[draw][other])
                .toArray());
    return new double[] {values[first] - values[other], interval[0], interval[1]};
  }

  private double[] drawn(int column) {
    return Arrays.stream(draws).mapToDouble(draw -> draw[column]).toArray();
  }
}
