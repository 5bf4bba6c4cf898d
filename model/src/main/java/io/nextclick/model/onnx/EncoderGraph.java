// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import io.nextclick.features.encode.Column;
import io.nextclick.model.encoder.TransformerEncoder;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Attribute;
import io.nextclick.model.onnx.LayerNodes.Memory;
import io.nextclick.model.onnx.LayerNodes.Projected;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Anchor;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderNodes;
import io.nextclick.model.part.EncoderNodes.Side;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.GraphStep;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.Parts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The steps of {@link TransformerEncoder} as nodes of a graph. */
final class EncoderGraph {

  private final GraphWriter graph;
  private final EncoderConfig config;
  private final EncoderNodes nodes;
  private final LayerNodes layers;
  private final List<ModelPart> parts;

  EncoderGraph(GraphWriter graph, EncoderWeights weights) {
    this.graph = graph;
    this.config = weights.config();
    this.nodes = new EncoderNodes(graph, weights);
    this.layers = new LayerNodes(nodes, null);
    this.parts = config.parts().all();
  }

  private <S> List<S> inSlot(Class<S> slot) {
    return Parts.inSlot(parts, slot);
  }

  /** Every layer's keys and values of the history, for attend. */
  List<Memory> memory() {
    String x = embedHistory();
    String mask = config.layers() > 1 ? layers.causalMask(nodes.length(x)) : "";
    List<Memory> all = new ArrayList<>();
    for (int l = 0; l < config.layers(); l++) {
      boolean last = l == config.layers() - 1;
      Projected tokens = layers.project(l, x, !last);
      Memory memory = layers.memory(tokens);
      all.add(memory);
      if (!last) {
        x = layers.finish(l, layers.attend(tokens, memory, mask), tokens.residual());
      }
    }
    return all;
  }

  /** The output at the history's last position (dim), for dot. */
  String state() {
    String x = orStart(embedHistory());
    String mask = config.layers() > 1 ? layers.causalMask(nodes.length(x)) : "";
    for (int l = 0; l < config.layers(); l++) {
      Projected tokens = layers.project(l, x, true);
      Memory memory = layers.memory(tokens);
      if (l < config.layers() - 1) {
        x = layers.finish(l, layers.attend(tokens, memory, mask), tokens.residual());
      } else {
        Projected newest =
            new Projected(
                lastRow(String.valueOf(tokens.queries())), "", "", lastRow(tokens.residual()));
        x = layers.finish(l, layers.attend(newest, memory, ""), newest.residual());
      }
    }
    return graph.apply("Reshape", finalNorm(x), graph.longs(config.dim()));
  }

  /** Logits (candidates) by the product of {@code state} (dim) and the item embeddings. */
  String scoreDot(String state) {
    String request = request();
    String query = request == null ? state : nodes.add(state, request);
    if (!inSlot(GraphStep.Query.class).isEmpty()) {
      String row = graph.apply("Reshape", query, graph.longs(1, config.dim()));
      query = graph.apply("Reshape", queries(row), graph.longs(config.dim()));
    }
    String dots = graph.apply("MatMul", candidates(), query);
    return logits(nodes.add(dots, graph.apply("Gather", itemBias(), candidateRows())));
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
      Projected own = layers.project(l, x, true);
      String attended = layers.attendWithSelf(own, history.get(l), absence);
      x = layers.finish(l, attended, own.residual());
    }
    return head(finalNorm(x));
  }

  /**
   * Logits (candidates), every candidate behind its own copy of the history: what is usually
   * deployed, for comparison.
   */
  String scoreFullSequence() {
    boolean attend = config.scoring() == Scoring.ATTEND;
    String history = attend ? embedHistory() : orStart(embedHistory());
    String candidates = attend ? candidateTokens() : candidateRows();
    String dim = graph.longs(config.dim());
    String shape = nodes.concat(0, nodes.length(candidates), nodes.length(history), dim);
    String x = graph.apply("Expand", history, shape);
    String length = nodes.length(history);
    if (attend) {
      x = nodes.concat(1, x, graph.apply("Unsqueeze", candidates, graph.longs(1)));
      length = nodes.add(length, graph.longs(1));
    }
    LayerNodes many =
        new LayerNodes(
            nodes,
            nodes.concat(
                0, graph.longs(-1), length, graph.longs(config.heads(), config.headDim())));
    x = graph.apply("Reshape", x, graph.longs(-1, config.dim()));
    String mask = many.causalMask(length);
    if (attend) {
      mask = nodes.add(mask, nodes.concat(0, absence(), graph.floats("present", new float[1], 1)));
    }
    for (int l = 0; l < config.layers(); l++) {
      Projected tokens = many.project(l, x, true);
      x = many.finish(l, many.attend(tokens, many.memory(tokens), mask), tokens.residual());
    }
    x = graph.apply("Reshape", x, nodes.concat(0, graph.longs(-1), length, dim));
    x = graph.node("Gather", new String[] {x, graph.scalar(-1L)}, Attribute.number("axis", 1));
    x = finalNorm(x);
    return attend ? head(x) : dots(x);
  }

  /** Dot of every row of {@code states} (candidates, dim) with its own candidate. */
  private String dots(String states) {
    String request = request();
    String queries = queries(request == null ? states : nodes.add(states, request));
    String dots = nodes.sumOver(graph.apply("Mul", queries, candidates()), 1);
    return logits(nodes.add(dots, graph.apply("Gather", itemBias(), candidateRows())));
  }

  // ---- the slots

  private String embedHistory() {
    String x = embedEntries();
    for (GraphStep.Tokens step : inSlot(GraphStep.Tokens.class)) {
      x = step.shift(nodes, x);
    }
    return x;
  }

  /** The history's entries, each by itself. */
  private String embedEntries() {
    String x = scaled(nodes.items(Side.HISTORY));
    x = nodes.add(x, positions(graph.apply("Shape", nodes.column(Column.HISTORY_ITEMS))));
    for (GraphStep.Token step : inSlot(GraphStep.Token.class)) {
      x = step.addToTokens(nodes, x);
    }
    return x;
  }

  /** What a request says beside history and candidates (dim), or null if nothing is read of it. */
  private @Nullable String request() {
    List<String> all = new ArrayList<>();
    for (GraphStep.Request step : inSlot(GraphStep.Request.class)) {
      all.add(step.ofRequest(nodes));
    }
    return all.stream().reduce(nodes::add).orElse(null);
  }

  private String queries(String rows) {
    String x = rows;
    for (GraphStep.Query step : inSlot(GraphStep.Query.class)) {
      x = step.query(nodes, x);
    }
    return x;
  }

  private String logits(String sums) {
    String logits = sums;
    for (GraphStep.Addend step : inSlot(GraphStep.Addend.class)) {
      logits = step.addToLogits(nodes, logits);
    }
    for (GraphStep.Logit step : inSlot(GraphStep.Logit.class)) {
      logits = step.addToLogits(nodes, logits);
    }
    for (GraphStep.Mix step : inSlot(GraphStep.Mix.class)) {
      logits = step.mix(nodes, logits);
    }
    return logits;
  }

  private String candidateRows() {
    return nodes.column(Column.CANDIDATES);
  }

  private String candidates() {
    return withOwn(nodes.items(Side.CANDIDATES));
  }

  /** The candidates (candidates, dim), and what the history says of each. */
  private String withOwn(String items) {
    String x = items;
    for (GraphStep.Candidate step : inSlot(GraphStep.Candidate.class)) {
      x = step.addToCandidates(nodes, x);
    }
    return x;
  }

  private String candidateTokens() {
    String x = withOwn(scaled(nodes.items(Side.CANDIDATES)));
    x = nodes.add(x, nodes.tensor("candidate.embedding", config.dim()));
    for (GraphStep.Tokens step : inSlot(GraphStep.Tokens.class)) {
      x = nodes.add(x, step.newest(nodes, embedEntries()));
    }
    String request = request();
    return request == null ? x : nodes.add(x, request);
  }

  // ---- what is neither a part nor a layer

  /**
   * The first {@code length} rows of the table, or, counted from the end, the last of it reversed.
   */
  private String positions(String length) {
    float[] table = config.positionTable(nodes::values);
    int rows = config.maxHistory();
    if (config.anchor() == Anchor.START) {
      String all = graph.floats("positions", table, rows, config.dim());
      return graph.apply("Slice", all, graph.longs(0), length, graph.longs(0));
    }
    String all = graph.floats("positions", reversed(table), rows, config.dim());
    String from = graph.apply("Sub", graph.longs(rows), length);
    return graph.apply("Slice", all, from, graph.longs(rows), graph.longs(0));
  }

  private float[] reversed(float[] table) {
    int dim = config.dim();
    float[] reversed = new float[table.length];
    for (int at = 0; at < table.length; at += dim) {
      System.arraycopy(table, table.length - dim - at, reversed, at, dim);
    }
    return reversed;
  }

  private String scaled(String x) {
    return config.scaleEmbedding()
        ? graph.apply("Mul", x, graph.scalar((float) Math.sqrt(config.dim())))
        : x;
  }

  /** The tokens, with the start token for the one that stands for an empty history. */
  private String orStart(String x) {
    String present = nodes.asColumn(nodes.present());
    return graph.apply("Where", present, x, nodes.tensor("start.embedding", 1, config.dim()));
  }

  /** (length): 0 for history entries, far below zero for the one that stands for none. */
  private String absence() {
    return graph.apply("Where", nodes.present(), graph.scalar(0f), graph.scalar(LayerNodes.MASKED));
  }

  private String head(String x) {
    int dim = config.dim();
    String logits =
        nodes.gemm(x, nodes.tensor("head.weight", 1, dim), nodes.tensor("head.bias", 1));
    return logits(graph.apply("Reshape", logits, graph.longs(-1)));
  }

  private String finalNorm(String x) {
    return config.finalNorm() ? nodes.norm(x, "norm") : x;
  }

  private String lastRow(String x) {
    return graph.apply("Slice", x, graph.longs(-1), graph.longs(Long.MAX_VALUE), graph.longs(0));
  }

  private String itemBias() {
    return nodes.tensor("item.bias", config.items() + 1);
  }
}
