// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.model.block.HiddenLayer;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Attribute;
import io.nextclick.model.graph.GraphWriter.Element;
import java.util.Arrays;

/** Nodes of a graph that the layers and the parts of a model share: names go in and come out. */
public final class EncoderNodes {

  /** Whose items. */
  public enum Side {
    HISTORY(Column.HISTORY_ITEMS, "length"),
    CANDIDATES(Column.CANDIDATES, "candidates");

    private final Column items;
    private final String length;

    Side(Column items, String length) {
      this.items = items;
      this.length = length;
    }
  }

  private final GraphWriter graph;
  private final EncoderWeights weights;
  private final EncoderConfig config;

  /** Writes nodes of a model into a graph. */
  public EncoderNodes(GraphWriter graph, EncoderWeights weights) {
    this.graph = graph;
    this.weights = weights;
    this.config = weights.config();
  }

  /** Where the nodes go. */
  public GraphWriter graph() {
    return graph;
  }

  /** The shape of the model. */
  public EncoderConfig config() {
    return config;
  }

  /** The values of a tensor. */
  public float[] values(String tensor) {
    return weights.get(tensor);
  }

  // ---- columns

  /** A column of the request, declared as an input; a vector is named by what it is as long as. */
  public String column(Column column) {
    return switch (column) {
      case HISTORY_ITEMS, HISTORY_ACTIONS, HISTORY_GAPS, HISTORY_VISITS ->
          input(column, Side.HISTORY.length);
      case CANDIDATES -> input(column, Side.CANDIDATES.length);
      case CONTEXT -> input(column, "contexts");
      case LAST_ITEMS -> input(column, "last");
      case NEWEST_ITEM, PREVIOUS_ITEM, HOUR -> graph.input(column.input(), Element.INT64, 1);
      case HISTORY_ATTRIBUTES -> input(column, Side.HISTORY.length, "history_attribute_count");
      case CANDIDATE_ATTRIBUTES ->
          input(column, Side.CANDIDATES.length, "candidate_attribute_count");
      case CANDIDATE_FIELDS ->
          graph.input(
              column.input(),
              Element.FLOAT,
              Side.CANDIDATES.length,
              config.reads().fields().size());
    };
  }

  private String input(Column column, Object... shape) {
    return graph.input(column.input(), Element.INT64, shape);
  }

  /** (length, dim) or (candidates, dim): rows of items, and what parts add to those. */
  public String items(Side side) {
    String rows = column(side.items);
    // An empty history is the one entry -1.
    String known = side == Side.HISTORY ? graph.apply("Max", rows, graph.scalar(0L)) : rows;
    String x = graph.apply("Gather", table("item", config.items() + 1), known);
    for (GraphStep.ItemVector step :
        Parts.inSlot(config.parts().all(), GraphStep.ItemVector.class)) {
      x = step.addToItems(this, x, side);
    }
    return x;
  }

  /** (length): whether the entry is one, and not the one that stands for an empty history. */
  public String present() {
    return graph.apply("GreaterOrEqual", column(Column.HISTORY_ITEMS), graph.scalar(0L));
  }

  // ---- tensors

  /** A tensor of the model. */
  public String tensor(String name, long... shape) {
    return graph.floats(name, weights.get(name), shape);
  }

  /** An embedding table (rows, dim). */
  public String table(String name, int rows) {
    return tensor(name + ".embedding", rows, config.dim());
  }

  /** An embedding table with a row of zeros at the end, which -1 picks: padding. */
  public String paddedTable(String name, int rows) {
    float[] values = weights.get(name + ".embedding");
    float[] padded = Arrays.copyOf(values, values.length + config.dim());
    return graph.floats(name + ".embedding", padded, rows + 1L, config.dim());
  }

  /** Adds a row of a table to every token; what lies beyond the table takes its last row. */
  String addRows(String x, String table, int rows, Column column) {
    String row = graph.apply("Min", column(column), graph.scalar((long) rows - 1));
    return add(x, graph.apply("Gather", table(table, rows), row));
  }

  /** The sum of some rows of a table. */
  String sumOfRows(String table, String rows, long axis) {
    return graph.node(
        "ReduceSum",
        new String[] {graph.apply("Gather", table, rows), graph.longs(axis)},
        Attribute.number("keepdims", 0));
  }

  // ---- maps

  /** {@code x W^T + b}: rows (rows, in) as rows (rows, out). */
  public String linear(String x, String name, int out, int in) {
    return gemm(x, tensor(name + ".weight", out, in), tensor(name + ".bias", out));
  }

  /** {@code x W^T + b}, of tensors in the graph. */
  public String gemm(String x, String weight, String bias) {
    return graph.node("Gemm", new String[] {x, weight, bias}, Attribute.number("transB", 1));
  }

  /** Rows normalised as the layers do. */
  public String norm(String x, String name) {
    return config.rowNorm().nodes(graph, config.normAt(name), weights::get, x);
  }

  /** A feed-forward network of inner width {@code inner}. */
  public String feedForward(String x, String name, int inner) {
    int dim = config.dim();
    HiddenLayer hidden = config.activation().hidden();
    String mapped = linear(x, name + "in", hidden.maps() * inner, dim);
    return linear(hidden.nodes(graph, mapped, inner), name + "out", dim, inner);
  }

  // ---- shapes

  /** The sum. */
  public String add(String x, String y) {
    return graph.apply("Add", x, y);
  }

  /** One behind the other. */
  public String concat(long axis, String... parts) {
    return graph.node("Concat", parts, Attribute.number("axis", axis));
  }

  /** (n) as (n, 1). */
  public String asColumn(String x) {
    return graph.apply("Unsqueeze", x, graph.longs(1));
  }

  /** As numbers of another type. */
  String cast(String x, Element to) {
    return graph.node("Cast", new String[] {x}, Attribute.number("to", to.code()));
  }

  /** The sums over an axis, which is then gone. */
  public String sumOver(String x, long axis) {
    return graph.node(
        "ReduceSum", new String[] {x, graph.longs(axis)}, Attribute.number("keepdims", 0));
  }

  /** The first dimension, as a vector of one. */
  public String length(String x) {
    return graph.node(
        "Shape", new String[] {x}, Attribute.number("start", 0), Attribute.number("end", 1));
  }
}
