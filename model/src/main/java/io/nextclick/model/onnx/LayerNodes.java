// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Attribute;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Norm;
import io.nextclick.model.part.EncoderNodes;
import org.jspecify.annotations.Nullable;

/**
 * The layers as nodes, over the tokens of one history, or of many sequences at once.
 *
 * <p>Written so that ONNX Runtime runs it well: linear maps of two-dimensional tokens are Gemm
 * nodes over the weights as they are, with the activation right behind; the factor 1/sqrt(headDim)
 * is in the query's weights; keys lie transposed, as the product with the queries reads them.
 */
final class LayerNodes {

  /** Far below zero: what must not be looked at. */
  static final float MASKED = -1e30f;

  /** Keys (heads, headDim, length) and values (heads, length, headDim) of one layer. */
  record Memory(String keys, String values) {}

  /** Queries, keys and values of tokens in one layer, and the residual that attention adds to. */
  record Projected(@Nullable String queries, String keys, String values, String residual) {}

  private final GraphWriter graph;
  private final EncoderNodes nodes;
  private final EncoderConfig config;

  /** The name of (sequences, length, heads, headDim) where tokens are those of many sequences. */
  private final @Nullable String sequenceShape;

  /**
   * @param sequenceShape null for tokens of one sequence
   */
  LayerNodes(EncoderNodes nodes, @Nullable String sequenceShape) {
    this.graph = nodes.graph();
    this.nodes = nodes;
    this.config = nodes.config();
    this.sequenceShape = sequenceShape;
  }

  /** What later tokens and candidates look at. */
  Memory memory(Projected tokens) {
    return new Memory(split(tokens.keys, 1, 2, 0), split(tokens.values, 1, 0, 2));
  }

  Projected project(int layer, String x, boolean queries) {
    boolean keysAreNormed = config.norm() == Norm.PRE;
    String normed =
        keysAreNormed || (queries && config.norm() == Norm.SASREC)
            ? nodes.norm(x, "layers." + layer + ".norm1")
            : x;
    String source = keysAreNormed ? normed : x;
    String attention = "layers." + layer + ".attention.";
    int dim = config.dim();
    return new Projected(
        queries ? scaledQuery(normed, attention + "query") : null,
        nodes.linear(source, attention + "key", dim, dim),
        nodes.linear(source, attention + "value", dim, dim),
        config.norm() == Norm.SASREC ? normed : x);
  }

  private String scaledQuery(String x, String name) {
    float scale = (float) (1 / Math.sqrt(config.headDim()));
    int dim = config.dim();
    String weight = graph.floats(name + ".weight", times(name + ".weight", scale), dim, dim);
    return nodes.gemm(x, weight, graph.floats(name + ".bias", times(name + ".bias", scale), dim));
  }

  private float[] times(String name, float factor) {
    float[] values = nodes.values(name).clone();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return values;
  }

  /** Attention of tokens (rows, dim) to the history, masked unless {@code mask} is empty. */
  String attend(Projected tokens, Memory memory, String mask) {
    String queries = split(required(tokens.queries), 1, 0, 2);
    String scores = graph.apply("MatMul", queries, memory.keys);
    if (!mask.isEmpty()) {
      scores = nodes.add(scores, mask);
    }
    return joined(graph.apply("MatMul", softmax(scores), memory.values));
  }

  /** Attention of candidates (rows, dim) to the history, as far as it is there, and to itself. */
  String attendWithSelf(Projected own, Memory history, String absence) {
    String queries = split(required(own.queries), 1, 0, 2); // (heads, rows, headDim)
    String product = graph.apply("Mul", queries, split(own.keys, 1, 0, 2));
    String self = graph.apply("ReduceSum", product, graph.longs(-1)); // (heads, rows, 1)
    String toKeys = graph.apply("MatMul", queries, history.keys);
    String scores = nodes.concat(-1, absence.isEmpty() ? toKeys : nodes.add(toKeys, absence), self);
    String attentionWeights = softmax(scores);
    String last = graph.longs(Long.MAX_VALUE);
    String toHistory =
        graph.apply("Slice", attentionWeights, graph.longs(0), graph.longs(-1), graph.longs(2));
    String toSelf = graph.apply("Slice", attentionWeights, graph.longs(-1), last, graph.longs(2));
    String mixed = graph.apply("MatMul", toHistory, history.values);
    String ownShare = graph.apply("Mul", toSelf, split(own.values, 1, 0, 2));
    return joined(nodes.add(mixed, ownShare));
  }

  /** Output projection, residual, norm, feed-forward, residual, norm. */
  String finish(int layer, String attended, String residual) {
    String name = "layers." + layer + ".";
    int dim = config.dim();
    String x = nodes.add(nodes.linear(attended, name + "attention.output", dim, dim), residual);
    return switch (config.norm()) {
      case PRE ->
          nodes.add(
              nodes.feedForward(
                  nodes.norm(x, name + "norm2"), name + "feedforward.", config.feedForward()),
              x);
      case POST -> {
        String normed = nodes.norm(x, name + "norm1");
        yield nodes.norm(
            nodes.add(
                nodes.feedForward(normed, name + "feedforward.", config.feedForward()), normed),
            name + "norm2");
      }
      case SASREC -> {
        String normed = nodes.norm(x, name + "norm2");
        yield nodes.add(
            nodes.feedForward(normed, name + "feedforward.", config.feedForward()), normed);
      }
    };
  }

  private String softmax(String x) {
    return graph.node("Softmax", new String[] {x}, Attribute.number("axis", -1));
  }

  /** (length, length): 0 where a query may look, far below zero where the key is newer. */
  String causalMask(String length) {
    String scalar = graph.apply("Squeeze", length);
    String places = graph.apply("Range", graph.scalar(0L), scalar, graph.scalar(1L));
    String queries = graph.apply("Unsqueeze", places, graph.longs(1));
    String newer = graph.apply("Greater", places, queries);
    return graph.apply("Where", newer, graph.scalar(MASKED), graph.scalar(0f));
  }

  /** (rows, dim) as (rows, heads, headDim), its axes then in the given order. */
  String split(String x, long... order) {
    if (sequenceShape != null) {
      long[] behind = {0, order[0] + 1, order[1] + 1, order[2] + 1};
      String heads = graph.apply("Reshape", x, sequenceShape);
      return graph.node("Transpose", new String[] {heads}, Attribute.numbers("perm", behind));
    }
    String heads = graph.apply("Reshape", x, graph.longs(0, config.heads(), config.headDim()));
    return graph.node("Transpose", new String[] {heads}, Attribute.numbers("perm", order));
  }

  /** (heads, rows, headDim) as (rows, dim). */
  private String joined(String x) {
    long[] order = sequenceShape == null ? new long[] {1, 0, 2} : new long[] {0, 2, 1, 3};
    String rows = graph.node("Transpose", new String[] {x}, Attribute.numbers("perm", order));
    long first = sequenceShape == null ? 0 : -1;
    return graph.apply("Reshape", rows, graph.longs(first, config.dim()));
  }

  private static String required(@Nullable String name) {
    if (name == null) {
      throw new IllegalStateException("queries were not asked for");
    }
    return name;
  }
}
