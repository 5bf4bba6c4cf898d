// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Element;
import io.nextclick.model.onnx.LayerNodes.Memory;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes an encoder as ONNX models; {@code docs/data-formats.md} describes their inputs.
 *
 * <pre>
 *  encode         history                -> keys_N (heads, headDim, length), values_N (heads, length,
 *                                           headDim) with attend; state (dim) with dot
 *  score          candidates and those   -> logits (candidates)
 *  joint          history, candidates    -> logits (candidates)
 *  full sequence  the same as joint, but every candidate brings its own copy of the history: what
 *                 is usually deployed, for comparison
 * </pre>
 *
 * An empty history is the one entry -1, as ONNX Runtime 1.29 dies of matrix products without rows;
 * {@code encode} and {@code score} with attend need a history that is not empty.
 */
public final class OnnxGraphs {

  private OnnxGraphs() {}

  /** The model that reads a history. */
  public static byte[] encode(EncoderWeights weights) {
    GraphWriter graph = new GraphWriter();
    EncoderGraph encoder = new EncoderGraph(graph, weights);
    EncoderConfig config = weights.config();
    if (config.scoring() == Scoring.DOT) {
      graph.output("state", encoder.state(), config.dim());
    } else {
      List<Memory> layers = encoder.memory();
      for (int l = 0; l < layers.size(); l++) {
        int headDim = config.headDim();
        graph.output("keys_" + l, layers.get(l).keys(), config.heads(), headDim, "length");
        graph.output("values_" + l, layers.get(l).values(), config.heads(), "length", headDim);
      }
    }
    return graph.model("encode").toByteArray();
  }

  /** The model that scores candidates against an encoded history. */
  public static byte[] score(EncoderWeights weights) {
    GraphWriter graph = new GraphWriter();
    EncoderGraph encoder = new EncoderGraph(graph, weights);
    EncoderConfig config = weights.config();
    String logits;
    if (config.scoring() == Scoring.DOT) {
      logits = encoder.scoreDot(graph.input("state", Element.FLOAT, config.dim()));
    } else {
      List<Memory> layers = new ArrayList<>();
      int headDim = config.headDim();
      for (int l = 0; l < config.layers(); l++) {
        layers.add(
            new Memory(
                graph.input("keys_" + l, Element.FLOAT, config.heads(), headDim, "length"),
                graph.input("values_" + l, Element.FLOAT, config.heads(), "length", headDim)));
      }
      logits = encoder.scoreAttend(layers);
    }
    graph.output("logits", logits, "candidates");
    return graph.model("score").toByteArray();
  }

  /** The model that does both: the contract for models trained elsewhere. */
  public static byte[] joint(EncoderWeights weights) {
    GraphWriter graph = new GraphWriter();
    EncoderGraph encoder = new EncoderGraph(graph, weights);
    String logits =
        weights.config().scoring() == Scoring.DOT
            ? encoder.scoreDot(encoder.state())
            : encoder.scoreAttendOrAlone(encoder.memory());
    graph.output("logits", logits, "candidates");
    return graph.model("joint").toByteArray();
  }

  /** The model that encodes the history once per candidate, in one batch. */
  public static byte[] fullSequence(EncoderWeights weights) {
    GraphWriter graph = new GraphWriter();
    graph.output("logits", new EncoderGraph(graph, weights).scoreFullSequence(), "candidates");
    return graph.model("full_sequence").toByteArray();
  }
}
