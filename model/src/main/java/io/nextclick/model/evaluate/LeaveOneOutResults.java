// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.model.evaluate.EvaluationReport.Chart;
import io.nextclick.model.evaluate.EvaluationReport.Line;
import io.nextclick.model.evaluate.EvaluationReport.Ranker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** From the ranks of the targets to the report of leave-one-out. */
final class LeaveOneOutResults {

  private static final String ALL = "";
  private static final String MAIN_METRIC = "NDCG@10";
  private static final int[] CUTOFFS = LeaveOneOut.CUTOFFS;
  private static final int LONGEST_LIST = 50; // that is drawn

  /**
   * One ranker's ranks.
   *
   * @param ranker its name
   * @param ranks (users,) of the targets, from 1
   * @param coverage (cutoffs,) share of the items in anyone's list; none where not all were ranked
   */
  record Ranks(String ranker, int[] ranks, double[] coverage) {}

  /**
   * A user's slice.
   *
   * @param history class of the number of items before the target
   * @param item {@code new} if the target is in no training part, else {@code known}
   */
  record UserSlice(String history, String item) {}

  private LeaveOneOutResults() {}

  static List<Ranker> rankers(List<Ranks> results, Bootstrap bootstrap) {
    int users = results.getFirst().ranks.length;
    var table = new MetricTable(results.stream().map(Ranks::ranker).toList());
    addMetrics(table, ALL, results, IntStream.range(0, users).boxed().toList());
    return withCoverage(table.compute(bootstrap, users).getOrDefault(ALL, List.of()), results);
  }

  /**
   * The whole report.
   *
   * @param results of the models, then of the rankers that need no training
   * @param models how many are models
   * @param slices (users,) what each user counts towards besides the whole
   */
  static EvaluationReport report(
      String split,
      Map<String, Long> data,
      List<Ranks> results,
      int models,
      List<UserSlice> slices,
      Bootstrap bootstrap) {
    var table = new MetricTable(results.stream().map(Ranks::ranker).toList());
    addMetrics(table, ALL, results, IntStream.range(0, slices.size()).boxed().toList());
    Map<String, Map<String, List<Integer>>> fields = new TreeMap<>();
    Map<String, List<Integer>> lengths = grouped(slices, UserSlice::history);
    Map<String, List<Integer>> byLength = new LinkedHashMap<>();
    for (String length : ClickRow.LENGTH_CLASSES) {
      byLength.put(length, lengths.getOrDefault(length, List.of()));
    }
    byLength.values().removeIf(List::isEmpty);
    fields.put("history", byLength);
    fields.put("item", grouped(slices, UserSlice::item));
    fields.forEach((field, values) ->
        values.forEach((value, users) -> addMetrics(table, field + "=" + value, results, users)));
    Map<String, List<Ranker>> sets = table.compute(bootstrap, slices.size());
    List<Ranker> whole = sets.getOrDefault(ALL, List.of());
    List<EvaluationReport.Slice> parts = new ArrayList<>();
    fields.forEach((field, values) ->
        values.forEach((value, users) ->
            parts.add(
                new EvaluationReport.Slice(
                    field,
                    value,
                    users.size(),
                    sets.getOrDefault(field + "=" + value, List.of())))));
    return new EvaluationReport(
        LeaveOneOut.NAME,
        split,
        bootstrap.seed(),
        data,
        List.of(),
        Set.of(),
        withCoverage(whole, results),
        parts,
        List.of(hitRates(results)),
        FloorVerdict.of(table, ALL, whole, models, results.size() - models, MAIN_METRIC));
  }

  private static Map<String, List<Integer>> grouped(
      List<UserSlice> slices, Function<UserSlice, String> value) {
    return IntStream.range(0, slices.size())
        .boxed()
        .collect(
            Collectors.groupingBy(
                user -> value.apply(slices.get(user)), TreeMap::new, Collectors.toList()));
  }

  private static void addMetrics(
      MetricTable table, String set, List<Ranks> results, Collection<Integer> users) {
    List<String> names = new ArrayList<>();
    Arrays.stream(CUTOFFS).forEach(k -> names.add("HR@" + k));
    Arrays.stream(CUTOFFS).forEach(k -> names.add("NDCG@" + k));
    names.add("MRR");
    int[] chosen = users.stream().mapToInt(Integer::intValue).toArray();
    for (int r = 0; r < results.size(); r++) {
      table.add(set, r, names, means(results.get(r).ranks, chosen, names.size()));
    }
  }

  /** Means over the users drawn of all metrics of their ranks. */
  private static Bootstrap.Statistic means(int[] ranks, int[] users, int metrics) {
    double[][] values = new double[users.length][];
    for (int u = 0; u < users.length; u++) {
      int rank = ranks[users[u]];
      values[u] =
          IntStream.range(0, metrics)
              .mapToDouble(m ->
                  m == metrics - 1
                      ? RankingMetrics.reciprocalRank(rank)
                      : m < CUTOFFS.length
                          ? RankingMetrics.hit(rank, CUTOFFS[m])
                          : RankingMetrics.ndcg(rank, CUTOFFS[m - CUTOFFS.length]))
              .toArray();
    }
    return draws -> {
      double[] sums = new double[metrics];
      double drawn = 0;
      for (int u = 0; u < users.length; u++) {
        int weight = draws[users[u]];
        drawn += weight;
        for (int m = 0; m < metrics && weight > 0; m++) {
          sums[m] += weight * values[u][m];
        }
      }
      for (int m = 0; m < metrics; m++) {
        sums[m] /= drawn;
      }
      return sums;
    };
  }

  private static List<Ranker> withCoverage(List<Ranker> rankers, List<Ranks> results) {
    for (int r = 0; r < rankers.size(); r++) {
      double[] coverage = results.get(r).coverage;
      for (int c = 0; c < coverage.length; c++) {
        rankers.get(r).metrics().put("coverage@" + CUTOFFS[c], coverage[c]);
      }
    }
    return rankers;
  }

  private static Chart hitRates(List<Ranks> results) {
    List<Line> lines = new ArrayList<>();
    for (Ranks result : results) {
      double[][] points = new double[LONGEST_LIST][];
      for (int k = 1; k <= LONGEST_LIST; k++) {
        int cutoff = k;
        double hits =
            Arrays.stream(result.ranks)
                .mapToDouble(rank -> RankingMetrics.hit(rank, cutoff))
                .average()
                .orElse(0);
        points[k - 1] = new double[] {k, hits};
      }
      lines.add(new Line(result.ranker, points));
    }
    return new Chart(
        "Hit rate by length of the list", "items in the list", "HR", false, List.of(), lines);
  }
}
