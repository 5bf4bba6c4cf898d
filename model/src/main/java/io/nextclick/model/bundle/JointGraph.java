// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.features.encode.Column;
import io.nextclick.model.onnx.OnnxInspection;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The contract of graphs trained elsewhere; {@code docs/data-formats.md} explains each name. */
final class JointGraph {

  private static final Map<String, String> INPUTS =
      Arrays.stream(Column.values())
          .collect(
              Collectors.toMap(
                  Column::input,
                  column ->
                      "%s[%d]"
                          .formatted(column.isFloat() ? "float" : "int64", column.dimensions())));

  /** The inputs whose length is always the same. */
  private static final Set<String> ONE_LONG =
      Set.of(Column.NEWEST_ITEM.input(), Column.PREVIOUS_ITEM.input(), Column.HOUR.input());

  private JointGraph() {}

  /**
   * Checks names and types of inputs and outputs.
   *
   * @param fields numbers of a candidate that the graph reads
   * @throws IllegalArgumentException if the graph is another; the message says where
   */
  static void requireContract(OnnxInspection graph, int fields) {
    for (String needed : new String[] {"history_items", "candidates"}) {
      if (!graph.inputs().containsKey(needed)) {
        throw new IllegalArgumentException("it has no input " + needed);
      }
    }
    graph.inputs().forEach(JointGraph::requireInput);
    if (graph.inputs().containsKey(Column.CANDIDATE_FIELDS.input()) && fields == 0) {
      throw new IllegalArgumentException(
          "it has an input candidate_fields, but nobody says which numbers these are; name them, in"
              + " their order");
    }
    graph
        .fixedInputs()
        .forEach((name, length) -> {
          boolean ofNames = name.equals(Column.CANDIDATE_FIELDS.input()) && length == fields;
          if (!ofNames && !ONE_LONG.contains(name)) {
            throw new IllegalArgumentException(
                "its input %s takes %d entries only, but histories and candidates have any number; export it with a dynamic dimension"
                    .formatted(name, length));
          }
        });
    if (!graph.outputs().equals(Map.of("logits", "float[1]"))) {
      throw new IllegalArgumentException(
          "its outputs are %s, but the contract has logits float[1]: 32-bit numbers, one for each candidate"
              .formatted(graph.outputs()));
    }
  }

  private static void requireInput(String name, String type) {
    String wanted = INPUTS.get(name);
    if (wanted == null) {
      throw new IllegalArgumentException(
          "its input %s is none of the contract's: %s"
              .formatted(name, String.join(", ", new TreeSet<>(INPUTS.keySet()))));
    }
    if (!type.equals(wanted)) {
      throw new IllegalArgumentException(
          "its input %s is %s, but the contract has %s: %s"
              .formatted(name, type, wanted, remedy(type, wanted)));
    }
  }

  private static String remedy(String type, String wanted) {
    String element = wanted.substring(0, wanted.indexOf('['));
    return type.startsWith(element + "[")
        ? "one history and its candidates, without a batch dimension"
        : "export it with " + element + " inputs, or cast them inside the graph";
  }
}
