// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an evaluation found: written as JSON, printed as a table.
 *
 * @param protocol the protocol's name, such as {@code leave-one-out}
 * @param split the part that was scored: {@code test} or {@code validation}
 * @param seed of the intervals
 * @param data name of a count, such as {@code users}, to the count
 * @param rankers one result per ranker, in the order asked for
 */
public record EvaluationReport(
    String protocol, String split, long seed, Map<String, Long> data, List<Ranker> rankers) {

  /**
   * One ranker's result.
   *
   * @param name the ranker
   * @param metrics name such as {@code HR@10} to value
   * @param intervals name to the ends of its 95 % interval, for means over users
   */
  public record Ranker(String name, Map<String, Double> metrics, Map<String, double[]> intervals) {}

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** One JSON object, indented, with a final line break. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report holds only text and numbers", e);
    }
  }

  /** One line per metric, one column per ranker; intervals behind the values. */
  public String toTable() {
    List<String> names = new ArrayList<>();
    for (Ranker ranker : rankers) {
      ranker.metrics().keySet().stream().filter(n -> !names.contains(n)).forEach(names::add);
    }
    var table = new StringBuilder("%s, %s part: ".formatted(protocol, split));
    List<String> counts = new ArrayList<>();
    data.forEach((name, count) -> counts.add(String.format(Locale.ROOT, "%s %,d", name, count)));
    table.append(String.join(", ", counts)).append('\n');
    table.append("%-14s".formatted("metric"));
    rankers.forEach(ranker -> table.append("  %-24s".formatted(ranker.name())));
    table.append('\n');
    for (String name : names) {
      table.append("%-14s".formatted(name));
      rankers.forEach(ranker -> table.append("  %-24s".formatted(cell(ranker, name))));
      table.append('\n');
    }
    return table.toString().replaceAll(" +\n", "\n");
  }

  private static String cell(Ranker ranker, String name) {
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
