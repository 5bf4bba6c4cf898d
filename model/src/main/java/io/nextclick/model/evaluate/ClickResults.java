// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.evaluate.EvaluationReport.Chart;
import io.nextclick.model.evaluate.EvaluationReport.Line;
import io.nextclick.model.evaluate.EvaluationReport.Ranker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** From scored rows to the report of a time split. */
final class ClickResults {

  private static final String ALL = "";

  /** Values of the surface with a slice of their own, those with most rows. */
  private static final int SURFACES = 12;

  private static final String OTHER = "other";

  // Live: the history is fresh. GAUC is not valid so: within a user, past clicks are anti-ordered
  // with what remains. Frozen: the history ends with training.
  private static final List<String> LIVE = List.of("AUC", "", "logLoss", "NE", "ratio", "ECE");
  private static final List<String> FROZEN = List.of("AUC frozen", "GAUC", "", "NE frozen", "", "");
  private static final List<String> ONCE_LIVE =
      List.of("AUC deduplicated", "", "", "NE deduplicated", "", "");
  private static final List<String> ONCE_FROZEN = List.of("", "GAUC deduplicated", "", "", "", "");

  private record Slice(String field, String value) {
    String set() {
      return field + "=" + value;
    }
  }

  private final List<String> rankers;
  private final Set<String> known;
  private final int models;
  private final List<ClickRow> test;
  private final int users;

  /**
   * @param rankers names: of the models, of those that need no training, of the known probabilities
   * @param models how many are models
   */
  ClickResults(
      List<String> rankers, Set<String> known, int models, List<ClickRow> test, int users) {
    this.rankers = rankers;
    this.known = known;
    this.models = models;
    this.test = test;
    this.users = users;
  }

  EvaluationReport report(Bootstrap bootstrap, Map<String, Long> data) {
    Map<Slice, List<ClickRow>> slices = slices();
    List<ClickRow> once = test.stream().filter(row -> !row.repeats()).toList();
    PageRanks pages = PageRanks.of(test, 0, rankers.size());
    PageRanks unplaced = PageRanks.of(test, 2 * rankers.size(), rankers.size());
    var table = new MetricTable(rankers);
    for (int r = 0; r < rankers.size(); r++) {
      int frozen = rankers.size() + r;
      table.add(ALL, r, LIVE, metrics(test, r));
      table.add(ALL, r, FROZEN, metrics(test, frozen));
      if (once.size() < test.size()) {
        table.add(ALL, r, ONCE_LIVE, metrics(once, r));
        table.add(ALL, r, ONCE_FROZEN, metrics(once, frozen));
      }
      if (!pages.isEmpty()) {
        table.add(ALL, r, PageRanks.NAMES, pages.means(r));
        table.add(ALL, r, PageRanks.UNPLACED, unplaced.means(r));
      }
      for (var slice : slices.entrySet()) {
        table.add(slice.getKey().set(), r, LIVE, metrics(slice.getValue(), r));
      }
    }
    Map<String, List<Ranker>> sets = table.compute(bootstrap, users);
    List<Ranker> whole = sets.getOrDefault(ALL, List.of());
    for (int r = 0; r < whole.size() && !pages.isEmpty(); r++) {
      whole.get(r).metrics().put("coverage@1", pages.coverage()[r]);
    }
    List<EvaluationReport.Slice> parts = new ArrayList<>();
    slices.forEach((slice, rows) ->
        parts.add(
            new EvaluationReport.Slice(
                slice.field, slice.value, rows.size(), sets.getOrDefault(slice.set(), List.of()))));
    int floors = rankers.size() - models - known.size();
    return new EvaluationReport(
        TimeSplit.NAME,
        "test",
        bootstrap.seed(),
        data,
        List.of(),
        known,
        whole,
        parts,
        charts(),
        FloorVerdict.of(table, ALL, whole, models, floors, ClickMetrics.NAMES.getFirst()));
  }

  static boolean[] labels(List<ClickRow> rows) {
    boolean[] labels = new boolean[rows.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = rows.get(i).clicked();
    }
    return labels;
  }

  private static ClickMetrics metrics(List<ClickRow> rows, int column) {
    return new ClickMetrics(
        rows.stream().mapToInt(ClickRow::user).toArray(),
        rows.stream().mapToDouble(row -> row.scores()[column]).toArray(),
        rows.stream().mapToDouble(row -> row.probabilities()[column]).toArray(),
        labels(rows));
  }

  private Map<Slice, List<ClickRow>> slices() {
    Map<Slice, List<ClickRow>> slices = new LinkedHashMap<>();
    for (String length : ClickRow.LENGTH_CLASSES) {
      slices.put(new Slice("history", length), new ArrayList<>());
    }
    for (ClickRow row : test) {
      slices
          .computeIfAbsent(new Slice("history", row.slice().history()), key -> new ArrayList<>())
          .add(row);
    }
    if (rankers.stream().anyMatch(name -> name.endsWith(PageRanker.ON_PAGE))) {
      addPlaces(slices);
    }
    slices.values().removeIf(List::isEmpty);
    addSlices("user", row -> row.slice().user(), slices);
    addSlices("item", row -> row.slice().item(), slices);
    List<String> surfaces = largest(row -> row.slice().surface());
    if (!surfaces.equals(List.of(""))) {
      addSlices(
          "surface",
          row -> surfaces.contains(row.slice().surface()) ? row.slice().surface() : OTHER,
          slices);
    }
    return slices;
  }

  /** Where somebody says how likely clicks are at the places of a page. */
  private void addPlaces(Map<Slice, List<ClickRow>> slices) {
    ClickRow.PLACES.forEach(place -> slices.put(new Slice("place", place), new ArrayList<>()));
    for (ClickRow row : test) {
      slices
          .computeIfAbsent(new Slice("place", row.slice().place()), key -> new ArrayList<>())
          .add(row);
    }
  }

  private void addSlices(
      String field, Function<ClickRow, String> value, Map<Slice, List<ClickRow>> slices) {
    new TreeMap<>(test.stream().collect(Collectors.groupingBy(value)))
        .forEach((name, rows) -> slices.put(new Slice(field, name), rows));
  }

  private List<String> largest(Function<ClickRow, String> value) {
    Map<String, Long> counts =
        test.stream().collect(Collectors.groupingBy(value, TreeMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
        .limit(SURFACES)
        .map(Map.Entry::getKey)
        .toList();
  }

  private List<Chart> charts() {
    boolean[] labels = labels(test);
    List<Line> reliability = new ArrayList<>();
    List<Line> roc = new ArrayList<>();
    for (int r = 0; r < rankers.size(); r++) {
      int column = r;
      double[] scores = test.stream().mapToDouble(row -> row.scores()[column]).toArray();
      roc.add(new Line(rankers.get(r), ClickCurves.roc(scores, labels)));
      double[] probabilities =
          test.stream().mapToDouble(row -> row.probabilities()[column]).toArray();
      if (Arrays.stream(probabilities).noneMatch(Double::isNaN)) {
        reliability.add(new Line(rankers.get(r), ClickCurves.reliability(probabilities, labels)));
      }
    }
    List<Chart> charts = new ArrayList<>();
    charts.add(
        new Chart(
            "Reliability, twenty bins of equal size",
            "predicted probability",
            "click rate",
            true,
            List.of(),
            reliability));
    charts.add(new Chart("ROC", "false positive rate", "true positive rate", true, List.of(), roc));
    charts.addAll(days());
    return charts;
  }

  /** AUC and calibration ratio of every day of the test part. */
  private List<Chart> days() {
    var days = new TreeMap<>(test.stream().collect(Collectors.groupingBy(ClickRow::day)));
    int[] once = new int[users];
    Arrays.fill(once, 1);
    List<Chart> charts = new ArrayList<>();
    for (String metric : List.of("AUC", "ratio")) {
      List<Line> lines = new ArrayList<>();
      for (int r = 0; r < rankers.size(); r++) {
        List<double[]> points = new ArrayList<>();
        int day = 0;
        for (List<ClickRow> rows : days.values()) {
          double value = metrics(rows, r).of(once)[ClickMetrics.NAMES.indexOf(metric)];
          if (!Double.isNaN(value)) {
            points.add(new double[] {day, value});
          }
          day++;
        }
        lines.add(new Line(rankers.get(r), points.toArray(double[][]::new)));
      }
      List<String> names = days.keySet().stream().map(String::valueOf).toList();
      charts.add(new Chart(metric + " by day", "day", metric, false, names, lines));
    }
    return charts;
  }
}
