// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Attribute;
import io.nextclick.model.graph.GraphWriter.Element;

/** A graph of the joint contract, of standard operators, that ONNX Runtime 1.29 dies of. */
public final class DeadlyGraph {

  private DeadlyGraph() {}

  /** The model's bytes: it multiplies a stack of matrices without rows with themselves. */
  public static byte[] bytes() {
    GraphWriter graph = new GraphWriter();
    String history = graph.input("history_items", Element.INT64, "length");
    String candidates = graph.input("candidates", Element.INT64, "candidates");
    String table = graph.floats("table", new float[8], 2, 4);
    String none = graph.apply("Slice", history, graph.longs(0), graph.longs(0));
    String rows = graph.apply("Reshape", graph.apply("Gather", table, none), graph.longs(0, 2, 2));
    String stack = transposed(graph, rows, 1, 0, 2);
    String product = graph.apply("MatMul", stack, transposed(graph, stack, 0, 2, 1));
    String zero = graph.apply("Reshape", graph.apply("ReduceSum", product), graph.longs(1));
    String scores =
        graph.node("Cast", new String[] {candidates}, Attribute.number("to", Element.FLOAT.code()));
    graph.output("logits", graph.apply("Add", scores, zero), "candidates");
    return graph.model("deadly").toByteArray();
  }

  private static String transposed(GraphWriter graph, String x, long... order) {
    return graph.node("Transpose", new String[] {x}, Attribute.numbers("perm", order));
  }
}
