// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.encoder.EncoderConfig;
import io.nextclick.model.encoder.EncoderConfig.Activation;
import io.nextclick.model.encoder.EncoderConfig.Anchor;
import io.nextclick.model.encoder.EncoderConfig.Norm;
import io.nextclick.model.encoder.EncoderConfig.Scoring;
import io.nextclick.model.encoder.EncoderWeights;
import io.nextclick.model.encoder.TransformerEncoder;
import io.nextclick.model.onnx.GraphWriter.Attribute;
import io.nextclick.model.onnx.GraphWriter.Element;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps of {@link TransformerEncoder} as nodes of a graph.
 *
 * <p>Written so that ONNX Runtime runs it well: linear maps of two-dimensional tokens are Gemm
 * nodes over the weights as they are, with the activation right behind; the factor 1/sqrt(headDim)
 * is in the query's weights; keys lie transposed, as the product with the queries reads them.
 */
final class EncoderGraph {

  /** Keys (heads, headDim, length) and values (heads, length, headDim) of one layer. */
  record Memory(String keys, String values) {}

  /** Queries, keys and values of tokens in one layer, and the residual that attention adds to. */
  private record Projected(@Nullable String queries, String keys, String values, String residual) {}

  private static final float MASKED = -1e30f;

  private final GraphWriter graph;
  private final EncoderWeights weights;
  private final EncoderConfig config;

  /** The name of (length): rows, or the one entry -1, which stands for an empty history. */
  private String historyItems = "";

  /** The name of (sequences, length, heads, headDim) while tokens are those of many sequences. */
  private @Nullable String sequenceShape;

  EncoderGraph(GraphWriter graph, EncoderWeights weights) {
    this.graph = graph;
    this.weights = weights;
    this.config = weights.config();
  }

  /** Every layer's keys and values of the history, for attend. */
  List<Memory> memory() {
    String x = embedHistory();
    String mask = config.layers() > 1 ? causalMask(length(x)) : "";
    List<Memory> layers = new ArrayList<>();
    for (int l = 0; l < config.layers(); l++) {
      boolean last = l == config.layers() - 1;
      Projected tokens = project(l, x, !last);
      Memory memory = new Memory(split(tokens.keys, 1, 2, 0), split(tokens.values, 1, 0, 2));
      layers.add(memory);
      if (!last) {
        x = finish(l, attend(tokens, memory, mask), tokens.residual);
      }
    }
    return layers;
  }

  /** The output at the history's last position (dim), for dot. */
  String state() {
    String x = orStart(embedHistory());
    String mask = config.layers() > 1 ? causalMask(length(x)) : "";
    for (int l = 0; l < config.layers(); l++) {
      Projected tokens = project(l, x, true);
      Memory memory = new Memory(split(tokens.keys, 1, 2, 0), split(tokens.values, 1, 0, 2));
      if (l < config.layers() - 1) {
        x = finish(l, attend(tokens, memory, mask), tokens.residual);
      } else {
        Projected newest =
            new Projected(lastRow(required(tokens.queries)), "", "", lastRow(tokens.residual));
        x = finish(l, attend(newest, memory, ""), newest.residual);
      }
    }
    return graph.apply("Reshape", finalNorm(x), graph.longs(config.dim()));
  }

  /** Logits (candidates) by the product of {@code state} (dim) and the item embeddings. */
  String scoreDot(String state) {
    String context = context();
    String sum = context == null ? state : add(state, context);
    String query = sum;
    if (config.requestWidth() > 0) {
      String row = graph.apply("Reshape", sum, graph.longs(1, config.dim()));
      query = graph.apply("Reshape", requestBlock(row), graph.longs(config.dim()));
    }
    String candidates = candidates();
    String dots = graph.apply("MatMul", dotCandidates(candidates), query);
    return withTransitions(add(dots, graph.apply("Gather", itemBias(), candidates)));
  }

  /** Logits with what the item acted on last in the visit adds to them. */
  private String withTransitions(String logits) {
    int width = config.transitions();
    if (width == 0) {
      return logits;
    }
    int rows = config.items() + 1;
    // -1 picks the row of zeros at the end.
    float[] padded = Arrays.copyOf(weights.get("transition.from"), (rows + 1) * width);
    String newest = graph.input("newest_item", Element.INT64, 1);
    String from =
        graph.apply("Gather", graph.floats("transition.from", padded, rows + 1, width), newest);
    String to = graph.apply("Gather", tensor("transition.to", rows, width), candidates());
    String product = graph.apply("Mul", from, to);
    return add(
        logits,
        graph.node(
            "ReduceSum", new String[] {product, graph.longs(1)}, Attribute.number("keepdims", 0)));
  }

  /** Logits (candidates) by running candidates through the layers, behind at least one entry. */
  String scoreAttend(List<Memory> history) {
    return scoreAttend(history, "");
  }

  /** Logits (candidates) by running candidates through the layers, whether or not one is there. */
  String scoreAttendOrAlone(List<Memory> history) {
    return scoreAttend(history, absence());
  }

  private String scoreAttend(List<Memory> history, String absence) {
    String x = candidateTokens();
    for (int l = 0; l < config.layers(); l++) {
      Projected own = project(l, x, true);
      x = finish(l, attendWithSelf(own, history.get(l), absence), own.residual);
    }
    return head(finalNorm(x));
  }

  /** Logits (candidates), every candidate behind its own copy of the history. */
  String scoreFullSequence() {
    boolean attend = config.scoring() == Scoring.ATTEND;
    String history = attend ? embedHistory() : orStart(embedHistory());
    String candidates = attend ? candidateTokens() : candidates();
    String dim = graph.longs(config.dim());
    String shape = concat(0, length(candidates), length(history), dim);
    String x = graph.apply("Expand", history, shape);
    String length = length(history);
    if (attend) {
      x = concat(1, x, graph.apply("Unsqueeze", candidates, graph.longs(1)));
      length = add(length, graph.longs(1));
    }
    sequenceShape =
        concat(0, graph.longs(-1), length, graph.longs(config.heads(), config.headDim()));
    x = graph.apply("Reshape", x, graph.longs(-1, config.dim()));
    String mask = causalMask(length);
    if (attend) {
      mask = add(mask, concat(0, absence(), graph.floats("present", new float[1], 1)));
    }
    for (int l = 0; l < config.layers(); l++) {
      Projected tokens = project(l, x, true);
      Memory memory = new Memory(split(tokens.keys, 1, 2, 0), split(tokens.values, 1, 0, 2));
      x = finish(l, attend(tokens, memory, mask), tokens.residual);
    }
    x = graph.apply("Reshape", x, concat(0, graph.longs(-1), length, dim));
    x = graph.node("Gather", new String[] {x, graph.scalar(-1L)}, Attribute.number("axis", 1));
    x = finalNorm(x);
    return attend ? head(x) : dots(x, candidates);
  }

  /** What follows the sum of state and context, for rows (requests, dim). */
  private String requestBlock(String x) {
    int inner = config.requestWidth();
    if (inner == 0) {
      return x;
    }
    return add(feedForward(norm(x, "request.norm"), "request.", inner), x);
  }

  /** Dot of every row of {@code states} (candidates, dim) with its own candidate. */
  private String dots(String states, String candidates) {
    String context = context();
    String queries = requestBlock(context == null ? states : add(states, context));
    String product = graph.apply("Mul", queries, dotCandidates(candidates));
    String dots =
        graph.node(
            "ReduceSum", new String[] {product, graph.longs(1)}, Attribute.number("keepdims", 0));
    return withTransitions(add(dots, graph.apply("Gather", itemBias(), candidates)));
  }

  // ---- embeddings

  private String embedHistory() {
    String x = embedEntries();
    String shifted = x;
    for (int back = 1; back <= config.shift(); back++) {
      String before =
          graph.apply("Slice", behind(x, back), graph.longs(0), length(x), graph.longs(0));
      shifted = add(shifted, graph.apply("Mul", before, shiftWeight(back)));
    }
    return shifted;
  }

  /** What the newest entries bring along for a candidate (1, dim). */
  private String newest() {
    String x = embedEntries();
    String present = graph.apply("Unsqueeze", present(), graph.longs(1));
    String entries = graph.apply("Where", present, x, graph.scalar(0f));
    String sum = "";
    for (int back = 1; back <= config.shift(); back++) {
      String end = graph.apply("Add", length(x), graph.longs(1));
      String row = graph.apply("Slice", behind(entries, back), length(x), end, graph.longs(0));
      String weighted = graph.apply("Mul", row, shiftWeight(back));
      sum = back == 1 ? weighted : add(sum, weighted);
    }
    return sum;
  }

  /** The tokens behind so many rows of zeros. */
  private String behind(String x, int rows) {
    String name = "zeros." + rows;
    return concat(0, graph.floats(name, new float[rows * config.dim()], rows, config.dim()), x);
  }

  private String shiftWeight(int back) {
    int dim = config.dim();
    float[] all = weights.get("shift.weight");
    float[] row = Arrays.copyOfRange(all, (back - 1) * dim, back * dim);
    return graph.floats("shift.weight." + back, row, dim);
  }

  /** The history's entries, each by itself. */
  private String embedEntries() {
    String items = graph.input("history_items", Element.INT64, "length");
    historyItems = items;
    String rows = graph.apply("Max", items, graph.scalar(0L));
    String x = scaled(embedItems(rows, "history"));
    x = add(x, positions(graph.apply("Shape", items)));
    x = addRows(x, "action", config.actions(), "history_actions");
    return addRows(x, "timegap", config.timeGapBuckets(), "history_gaps");
  }

  /**
   * The first {@code length} rows of the table, or, counted from the end, the last of it turned.
   */
  private String positions(String length) {
    float[] table = TransformerEncoder.positions(weights);
    int rows = config.maxHistory();
    if (config.anchor() == Anchor.START) {
      String all = graph.floats("positions", table, rows, config.dim());
      return graph.apply("Slice", all, graph.longs(0), length, graph.longs(0));
    }
    String all = graph.floats("positions", turned(table), rows, config.dim());
    String from = graph.apply("Sub", graph.longs(rows), length);
    return graph.apply("Slice", all, from, graph.longs(rows), graph.longs(0));
  }

  private float[] turned(float[] table) {
    int dim = config.dim();
    float[] turned = new float[table.length];
    for (int at = 0; at < table.length; at += dim) {
      System.arraycopy(table, table.length - dim - at, turned, at, dim);
    }
    return turned;
  }

  /** Adds a row of a table to every token; what lies beyond the table takes its last row. */
  private String addRows(String x, String table, int rows, String inputName) {
    if (rows == 0) {
      return x;
    }
    String input = graph.input(inputName, Element.INT64, "length");
    String row = graph.apply("Min", input, graph.scalar((long) rows - 1));
    return add(x, graph.apply("Gather", table(table, rows), row));
  }

  private String table(String name, int rows) {
    return tensor(name + ".embedding", rows, config.dim());
  }

  /** Item rows, and the mean of the attributes of items without one. */
  private String embedItems(String rows, String of) {
    String x = graph.apply("Gather", table("item", config.items() + 1), rows);
    if (config.attributeBuckets() == 0) {
      return x;
    }
    String length = of.equals("history") ? "length" : "candidates";
    String buckets =
        graph.input(of + "_attributes", Element.INT64, length, of + "_attribute_count");
    String given =
        graph.node(
            "Cast",
            new String[] {graph.apply("GreaterOrEqual", buckets, graph.scalar(0L))},
            Attribute.number("to", Element.FLOAT.code));
    String count = graph.apply("ReduceSum", given, graph.longs(1)); // keeps the dimension
    String sum = sumOfRows(paddedTable("attribute", config.attributeBuckets()), buckets, 1);
    String mean = graph.apply("Div", sum, graph.apply("Max", count, graph.scalar(1f)));
    return add(x, mean);
  }

  /** What a request says beside history and candidates (dim), or null if nothing is read of it. */
  private @Nullable String context() {
    List<String> parts = new ArrayList<>();
    if (config.contextBuckets() > 0) {
      String buckets = graph.input("context", Element.INT64, "contexts");
      parts.add(sumOfRows(paddedTable("context", config.contextBuckets()), buckets, 0));
    }
    if (config.interest()) {
      parts.add(interest());
    }
    return parts.stream().reduce(this::add).orElse(null);
  }

  /** The long-term interest (dim). */
  private String interest() {
    String items = graph.input("history_items", Element.INT64, "length");
    String actions = graph.input("history_actions", Element.INT64, "length");
    String visits = graph.input("history_visits", Element.INT64, "length");
    String acted = graph.apply("Greater", actions, graph.scalar((long) FoldSettings.IMPRESSION));
    String earlier = graph.apply("Greater", visits, graph.scalar(0L));
    String counted = column(graph.apply("And", acted, earlier)); // (length, 1)
    String faded =
        graph.apply("Max", graph.apply("Sub", visits, graph.scalar(1L)), graph.scalar(0L));
    String power =
        graph.node("Cast", new String[] {faded}, Attribute.number("to", Element.FLOAT.code));
    String decay = graph.apply("Sigmoid", tensor("interest.decay", 1, config.dim()));
    String weight =
        graph.apply("Where", counted, graph.apply("Pow", decay, column(power)), graph.scalar(0f));
    if (config.actions() > 0) {
      String known = graph.apply("Min", actions, graph.scalar(config.actions() - 1L));
      String own = graph.apply("Exp", tensor("interest.action", config.actions()));
      weight = graph.apply("Mul", weight, column(graph.apply("Gather", own, known)));
    }
    String vectors = embedItems(graph.apply("Max", items, graph.scalar(0L)), "history");
    String sum = graph.apply("ReduceSum", graph.apply("Mul", weight, vectors), graph.longs(0));
    String total = graph.apply("ReduceSum", weight, graph.longs(0)); // keeps the dimension
    String mean = graph.apply("Div", sum, add(total, graph.scalar(1f)));
    String mapped = linear(mean, "interest", config.dim(), config.dim());
    return graph.apply("Reshape", mapped, graph.longs(config.dim()));
  }

  private String sumOfRows(String table, String rows, long axis) {
    return graph.node(
        "ReduceSum",
        new String[] {graph.apply("Gather", table, rows), graph.longs(axis)},
        Attribute.number("keepdims", 0));
  }

  /** A table with a row of zeros at the end, which -1 picks: padding. */
  private String paddedTable(String name, int rows) {
    float[] values = weights.get(name + ".embedding");
    float[] padded = Arrays.copyOf(values, values.length + config.dim());
    return graph.floats(name + ".embedding", padded, rows + 1L, config.dim());
  }

  private String candidates() {
    return graph.input("candidates", Element.INT64, "candidates");
  }

  private String dotCandidates(String candidates) {
    return addRepeats(embedItems(candidates, "candidate"), candidates);
  }

  /** Adds to each candidate what stands for how often the history has it, not only shown. */
  private String addRepeats(String x, String candidates) {
    if (config.repeats() == 0) {
      return x;
    }
    String items = graph.input("history_items", Element.INT64, "length");
    String actions = graph.input("history_actions", Element.INT64, "length");
    String known = graph.apply("Greater", candidates, graph.scalar(0L));
    String acted = graph.apply("Greater", actions, graph.scalar((long) FoldSettings.IMPRESSION));
    String same = graph.apply("Equal", column(candidates), items); // (candidates, length)
    String counted = graph.apply("And", graph.apply("And", same, acted), column(known));
    String ones =
        graph.node("Cast", new String[] {counted}, Attribute.number("to", Element.INT64.code));
    String times =
        graph.node(
            "ReduceSum", new String[] {ones, graph.longs(1)}, Attribute.number("keepdims", 0));
    // -1 picks the row of zeros at the end.
    String row = graph.apply("Sub", times, graph.scalar(1L));
    String last = graph.apply("Min", row, graph.scalar(config.repeats() - 1L));
    return add(x, graph.apply("Gather", paddedTable("repeat", config.repeats()), last));
  }

  private String column(String x) {
    return graph.apply("Unsqueeze", x, graph.longs(1));
  }

  private String candidateTokens() {
    String candidates = candidates();
    String x = addRepeats(scaled(embedItems(candidates, "candidate")), candidates);
    x = add(x, tensor("candidate.embedding", config.dim()));
    x = config.shift() == 0 ? x : add(x, newest());
    String context = context();
    return context == null ? x : add(x, context);
  }

  private String scaled(String x) {
    return config.scaleEmbedding()
        ? graph.apply("Mul", x, graph.scalar((float) Math.sqrt(config.dim())))
        : x;
  }

  /** The tokens, with the start token for the one that stands for an empty history. */
  private String orStart(String x) {
    String present = graph.apply("Unsqueeze", present(), graph.longs(1));
    return graph.apply("Where", present, x, tensor("start.embedding", 1, config.dim()));
  }

  /** (length): 0 for history entries, far below zero for the one that stands for none. */
  private String absence() {
    return graph.apply("Where", present(), graph.scalar(0f), graph.scalar(MASKED));
  }

  private String present() {
    return graph.apply("GreaterOrEqual", historyItems, graph.scalar(0L));
  }

  // ---- layers

  private Projected project(int layer, String x, boolean queries) {
    boolean keysAreNormed = config.norm() == Norm.PRE;
    String normed =
        keysAreNormed || (queries && config.norm() == Norm.SASREC)
            ? norm(x, "layers." + layer + ".norm1")
            : x;
    String source = keysAreNormed ? normed : x;
    String attention = "layers." + layer + ".attention.";
    int dim = config.dim();
    return new Projected(
        queries ? scaledQuery(normed, attention + "query") : null,
        linear(source, attention + "key", dim, dim),
        linear(source, attention + "value", dim, dim),
        config.norm() == Norm.SASREC ? normed : x);
  }

  private String scaledQuery(String x, String name) {
    float scale = (float) (1 / Math.sqrt(config.headDim()));
    int dim = config.dim();
    String weight = graph.floats(name + ".weight", times(name + ".weight", scale), dim, dim);
    return gemm(x, weight, graph.floats(name + ".bias", times(name + ".bias", scale), dim));
  }

  private float[] times(String name, float factor) {
    float[] values = weights.get(name).clone();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return values;
  }

  /** Attention of tokens (rows, dim) to the history, masked unless {@code mask} is empty. */
  private String attend(Projected tokens, Memory memory, String mask) {
    String queries = split(required(tokens.queries), 1, 0, 2);
    String scores = graph.apply("MatMul", queries, memory.keys);
    if (!mask.isEmpty()) {
      scores = add(scores, mask);
    }
    return joined(graph.apply("MatMul", softmax(scores), memory.values));
  }

  /** Attention of candidates (rows, dim) to the history, as far as it is there, and to itself. */
  private String attendWithSelf(Projected own, Memory history, String absence) {
    String queries = split(required(own.queries), 1, 0, 2); // (heads, rows, headDim)
    String product = graph.apply("Mul", queries, split(own.keys, 1, 0, 2));
    String self = graph.apply("ReduceSum", product, graph.longs(-1)); // (heads, rows, 1)
    String toKeys = graph.apply("MatMul", queries, history.keys);
    String scores = concat(-1, absence.isEmpty() ? toKeys : add(toKeys, absence), self);
    String shares = softmax(scores);
    String last = graph.longs(Long.MAX_VALUE);
    String toHistory =
        graph.apply("Slice", shares, graph.longs(0), graph.longs(-1), graph.longs(2));
    String toSelf = graph.apply("Slice", shares, graph.longs(-1), last, graph.longs(2));
    String mixed = graph.apply("MatMul", toHistory, history.values);
    String ownShare = graph.apply("Mul", toSelf, split(own.values, 1, 0, 2));
    return joined(add(mixed, ownShare));
  }

  /** Output projection, residual, norm, feed-forward, residual, norm. */
  private String finish(int layer, String attended, String residual) {
    String name = "layers." + layer + ".";
    int dim = config.dim();
    String x = add(linear(attended, name + "attention.output", dim, dim), residual);
    return switch (config.norm()) {
      case PRE ->
          add(feedForward(norm(x, name + "norm2"), name + "feedforward.", config.feedForward()), x);
      case POST -> {
        String normed = norm(x, name + "norm1");
        yield norm(
            add(feedForward(normed, name + "feedforward.", config.feedForward()), normed),
            name + "norm2");
      }
      case SASREC -> {
        String normed = norm(x, name + "norm2");
        yield add(feedForward(normed, name + "feedforward.", config.feedForward()), normed);
      }
    };
  }

  private String feedForward(String x, String name, int inner) {
    int dim = config.dim();
    String hidden = linear(x, name + "in", inner, dim);
    String active = graph.apply(config.activation() == Activation.RELU ? "Relu" : "Gelu", hidden);
    return linear(active, name + "out", dim, inner);
  }

  private String head(String x) {
    String logits = gemm(x, tensor("head.weight", 1, config.dim()), tensor("head.bias", 1));
    return withTransitions(graph.apply("Reshape", logits, graph.longs(-1)));
  }

  private String finalNorm(String x) {
    return config.finalNorm() ? norm(x, "norm") : x;
  }

  private String norm(String x, String name) {
    return graph.node(
        "LayerNormalization",
        new String[] {
          x, tensor(name + ".weight", config.dim()), tensor(name + ".bias", config.dim())
        },
        Attribute.number("axis", -1),
        Attribute.decimal("epsilon", config.epsilon()));
  }

  private String linear(String x, String name, int out, int in) {
    return gemm(x, tensor(name + ".weight", out, in), tensor(name + ".bias", out));
  }

  private String gemm(String x, String weight, String bias) {
    return graph.node("Gemm", new String[] {x, weight, bias}, Attribute.number("transB", 1));
  }

  // ---- shapes

  /** (rows, dim) as (rows, heads, headDim), its axes then in the given order. */
  private String split(String x, long... order) {
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

  private String add(String x, String y) {
    return graph.apply("Add", x, y);
  }

  private String concat(long axis, String... parts) {
    return graph.node("Concat", parts, Attribute.number("axis", axis));
  }

  private String softmax(String x) {
    return graph.node("Softmax", new String[] {x}, Attribute.number("axis", -1));
  }

  /** (length, length): 0 where a query may look, far below zero where the key is newer. */
  private String causalMask(String length) {
    String scalar = graph.apply("Squeeze", length);
    String places = graph.apply("Range", graph.scalar(0L), scalar, graph.scalar(1L));
    String queries = graph.apply("Unsqueeze", places, graph.longs(1));
    String newer = graph.apply("Greater", places, queries);
    return graph.apply("Where", newer, graph.scalar(MASKED), graph.scalar(0f));
  }

  /** The first dimension, as a vector of one. */
  private String length(String x) {
    return graph.node(
        "Shape", new String[] {x}, Attribute.number("start", 0), Attribute.number("end", 1));
  }

  private String lastRow(String x) {
    return graph.apply("Slice", x, graph.longs(-1), graph.longs(Long.MAX_VALUE), graph.longs(0));
  }

  private String itemBias() {
    return tensor("item.bias", config.items() + 1);
  }

  private String tensor(String name, long... shape) {
    return graph.floats(name, weights.get(name), shape);
  }

  private static String required(@Nullable String name) {
    if (name == null) {
      throw new IllegalStateException("queries were not asked for");
    }
    return name;
  }
}
