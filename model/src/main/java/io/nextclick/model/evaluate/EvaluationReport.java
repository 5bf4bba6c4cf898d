// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What an evaluation found: written as JSON, printed as a table.
 *
 * @param protocol the protocol's name, such as {@code leave-one-out}
 * @param split the part that was scored: {@code test} or {@code validation}
 * @param seed of the intervals
 * @param data name of a count, such as {@code users}, to the count
 * @param remarks what to know beside the figures, such as the dates of the log, each a sentence
 * @param known names of rankers that are no models: their probabilities were given, such as the
 *     truth about a made-up log
 * @param rankers one result per ranker, in the order asked for
 * @param slices the same for parts of the data
 * @param charts what there is to be drawn
 * @param floors of each model, whether it is better than the best ranker that needs no training
 */
public record EvaluationReport(
    String protocol,
    String split,
    long seed,
    Map<String, Long> data,
    @JsonIgnore List<String> remarks,
    @JsonIgnore Set<String> known,
    List<Ranker> rankers,
    List<Slice> slices,
    List<Chart> charts,
    List<FloorVerdict> floors) {

  /**
   * One ranker's result.
   *
   * @param name the ranker
   * @param metrics name such as {@code HR@10} to value
   * @param intervals name to the ends of its 95 % interval, for means over users
   * @param behind name to how far the first ranker is ahead of this one, and the ends of that
   *     distance's 95 % interval, over the same draws of users; none for the first
   */
  public record Ranker(
      String name,
      Map<String, Double> metrics,
      Map<String, double[]> intervals,
      Map<String, double[]> behind) {}

  /**
   * A part of the data.
   *
   * @param field what it was cut by, such as {@code history}
   * @param value of the field
   * @param rows rows or users in it
   * @param rankers one result per ranker
   */
  public record Slice(String field, String value, long rows, List<Ranker> rankers) {}

  /**
   * Lines over common axes.
   *
   * @param title what it shows
   * @param x what lies to the right
   * @param y what lies upwards
   * @param diagonal whether x = y is drawn too, as what would be right, or chance
   * @param ticks names of x = 0, 1, 2, ...; none where x is a number
   * @param lines one per ranker
   */
  public record Chart(
      String title, String x, String y, boolean diagonal, List<String> ticks, List<Line> lines) {}

  /**
   * One ranker's line in a chart.
   *
   * @param ranker its name
   * @param points (points, 2) x and y
   */
  public record Line(String ranker, double[][] points) {}

  /** The count of users who were ranked among fewer random items than asked for. */
  static final String FEWER_NEGATIVES = "fewerNegatives";

  /** The remarks, and why a number is missing, or is not what its name says, in words. */
  @JsonProperty
  public List<String> notes() {
    List<String> notes = new ArrayList<>(remarks);
    oneKind("test", "AUC, GAUC and NE").ifPresent(notes::add);
    oneKind("validation", "probabilities of the rankers that are fitted here")
        .ifPresent(notes::add);
    long fewer = data.getOrDefault(FEWER_NEGATIVES, 0L);
    if (fewer > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%,d of %,d users had not %,d items left to draw: each was ranked among all that were"
                  + " left, once",
              fewer,
              data.getOrDefault("evaluated", 0L),
              data.getOrDefault("negatives", 0L)));
    }
    return notes;
  }

  private Optional<String> oneKind(String part, String missing) {
    Long rows = data.get(part + "Rows");
    long clicks = data.getOrDefault(part + "Clicks", 0L);
    if (rows == null || (clicks > 0 && clicks < rows)) {
      return Optional.empty();
    }
    String which =
        rows == 0 ? "has no rows" : clicks == 0 ? "has no clicks" : "has nothing but clicks";
    return Optional.of("The %s part %s: no %s".formatted(part, which, missing));
  }

  /** This report with other counts. */
  public EvaluationReport withData(Map<String, Long> counts) {
    return new EvaluationReport(
        protocol, split, seed, counts, remarks, known, rankers, slices, charts, floors);
  }

  /** This report with remarks before its own. */
  public EvaluationReport withRemarks(List<String> more) {
    List<String> all = Stream.concat(more.stream(), remarks.stream()).toList();
    return new EvaluationReport(
        protocol, split, seed, data, all, known, rankers, slices, charts, floors);
  }

  private static final JsonMapper JSON =
      Json.mapper().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** One JSON object, indented, with a final line break. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report holds only text and numbers", e);
    }
  }

  /**
   * In a sentence each: whether a model is better than the best ranker that needs no training, and
   * the first ranker than the best of the others. Then where the known probabilities lie, which are
   * nobody's rival.
   */
  String verdict() {
    var sentences = new StringBuilder();
    floors.forEach(floor -> sentences.append(floor.sentence()).append(". "));
    sentences.append(floors.size() == 1 ? "" : comparison());
    rankers.stream()
        .skip(1)
        .filter(ranker -> known.contains(ranker.name()))
        .forEach(ranker -> sentences.append(distance(ranker)));
    return sentences.toString().strip().replace(".  ", ". ");
  }

  private String distance(Ranker given) {
    String metric = mainMetric();
    Double value = given.metrics().get(metric);
    double[] lead = given.behind().get(metric);
    return value == null || lead == null
        ? ""
        : String.format(
            Locale.ROOT,
            " %s, which was given, has %.4f: %+.4f from there (%+.4f to %+.4f).",
            given.name(),
            value,
            -lead[0],
            -lead[2],
            -lead[1]);
  }

  private String comparison() {
    String metric = mainMetric();
    Ranker first = rankers.getFirst();
    Double value = first.metrics().get(metric);
    Optional<Ranker> best =
        rankers.stream()
            .skip(1)
            .filter(ranker -> !known.contains(ranker.name()))
            .filter(ranker -> ranker.behind().containsKey(metric))
            .max(Comparator.comparingDouble(ranker -> ranker.metrics().getOrDefault(metric, 0.0)));
    if (value == null || best.isEmpty()) {
      return value == null
          ? "%s has no %s here.".formatted(first.name(), metric)
          : String.format(
              Locale.ROOT,
              "%s has %s %.4f; nothing to compare it with.",
              first.name(),
              metric,
              value);
    }
    double[] lead = best.get().behind().getOrDefault(metric, new double[3]);
    String how =
        lead[1] > 0 ? "is better than" : lead[2] < 0 ? "is worse than" : "cannot be told from";
    return String.format(
        Locale.ROOT,
        "%s %s %s, the best of the others: %s %.4f against %.4f, a difference of %+.4f (95 %%"
            + " interval %+.4f to %+.4f).",
        first.name(),
        how,
        best.get().name(),
        metric,
        value,
        best.get().metrics().getOrDefault(metric, 0.0),
        lead[0],
        lead[1],
        lead[2]);
  }

  /** The metric that slices are compared by. */
  String mainMetric() {
    return rankers.getFirst().metrics().containsKey("NDCG@10") ? "NDCG@10" : "AUC";
  }

  /** Names of all metrics, in the order of the rankers that have them. */
  List<String> metricNames() {
    return rankers.stream().flatMap(r -> r.metrics().keySet().stream()).distinct().toList();
  }

  /**
   * One line per metric, one column per ranker, intervals behind the values; then how far the first
   * ranker is ahead, and the slices.
   */
  public String toTable() {
    var table = new StringBuilder("%s, %s part: ".formatted(protocol, split));
    List<String> counts = new ArrayList<>();
    data.forEach((name, count) -> counts.add(String.format(Locale.ROOT, "%s %,d", name, count)));
    table.append(String.join(", ", counts)).append('\n');
    line(table, "metric", Ranker::name);
    metricNames().forEach(name -> line(table, name, ranker -> cell(ranker, name)));
    if (rankers.size() > 1) {
      String main = mainMetric();
      line(table, "ahead, " + main, ranker -> lead(ranker, main));
    }
    for (Slice slice : slices) {
      String title =
          String.format(Locale.ROOT, "%s %s (%,d)", slice.field, slice.value, slice.rows);
      String main = mainMetric();
      table.append("%-26s".formatted(title));
      slice.rankers.forEach(ranker -> table.append("  %-28s".formatted(cell(ranker, main))));
      table.append('\n');
    }
    notes().forEach(note -> table.append(note).append('\n'));
    floors.forEach(floor -> table.append(floor.sentence()).append('\n'));
    return table.toString().replaceAll(" +\n", "\n");
  }

  private void line(StringBuilder table, String title, Function<Ranker, String> cell) {
    table.append("%-26s".formatted(title));
    rankers.forEach(ranker -> table.append("  %-28s".formatted(cell.apply(ranker))));
    table.append('\n');
  }

  /** How far the first ranker is ahead of this one, with the interval; empty for the first. */
  static String lead(Ranker ranker, String name) {
    double[] lead = ranker.behind().get(name);
    return lead == null
        ? ""
        : String.format(Locale.ROOT, "%+.4f (%+.4f to %+.4f)", lead[0], lead[1], lead[2]);
  }

  static String cell(Ranker ranker, String name) {
    Double value = ranker.metrics().get(name);
    if (value == null) {
      return "-";
    }
    double[] interval = ranker.intervals().get(name);
    return interval == null
        ? String.format(Locale.ROOT, "%.4f", value)
        : String.format(Locale.ROOT, "%.4f (%.4f-%.4f)", value, interval[0], interval[1]);
  }
}
