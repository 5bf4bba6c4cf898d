// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.model.onnx.OnnxInspection;
import java.util.Map;

/** The contract of graphs trained elsewhere; {@code docs/data-formats.md} explains each name. */
final class JointGraph {

  private static final Map<String, String> INPUTS =
      Map.of(
          "history_items", "int64[1]",
          "history_actions", "int64[1]",
          "history_gaps", "int64[1]",
          "history_visits", "int64[1]",
          "history_attributes", "int64[2]",
          "candidates", "int64[1]",
          "candidate_attributes", "int64[2]",
          "context", "int64[1]",
          "newest_item", "int64[1]");

  private JointGraph() {}

  /**
   * Checks names and types of inputs and outputs.
   *
   * @throws IllegalArgumentException if the graph is another; the message says where
   */
  static void requireContract(OnnxInspection graph) {
    for (String needed : new String[] {"history_items", "candidates"}) {
      if (!graph.inputs().containsKey(needed)) {
        throw new IllegalArgumentException("it has no input " + needed);
      }
    }
    graph
        .inputs()
        .forEach((name, type) -> {
          if (!type.equals(INPUTS.get(name))) {
            throw new IllegalArgumentException(
                "its input %s is %s, but the contract has %s"
                    .formatted(name, type, INPUTS.getOrDefault(name, "no such input")));
          }
        });
    if (!graph.outputs().equals(Map.of("logits", "float[1]"))) {
      throw new IllegalArgumentException(
          "its outputs are " + graph.outputs() + ", but the contract has logits float[1]");
    }
  }
}
