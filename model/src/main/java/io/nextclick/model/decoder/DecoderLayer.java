// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.model.block.RowNorm;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.KeyValues;
import io.nextclick.model.kernel.LinearMap;

/** One layer in serving: candidates look at the items placed, then at the history. */
final class DecoderLayer {

  /** One attention's maps, dim -> dim. */
  private record Maps(LinearMap query, LinearMap key, LinearMap value, LinearMap output) {
    static Maps of(String name, DecoderWeights weights, Kernels kernels) {
      int dim = weights.config().dim();
      return new Maps(
          weights.linear(name + ".query", dim, dim, kernels),
          weights.linear(name + ".key", dim, dim, kernels),
          weights.linear(name + ".value", dim, dim, kernels),
          weights.linear(name + ".output", dim, dim, kernels));
    }
  }

  private final DecoderConfig config;
  private final Kernels kernels;
  private final Maps self;
  private final Maps cross;
  private final RowNorm.Forward norm1;
  private final RowNorm.Forward norm2;
  private final RowNorm.Forward norm3;
  private final LinearMap feedForwardIn;
  private final LinearMap feedForwardOut;

  DecoderLayer(DecoderWeights weights, int index, Kernels kernels) {
    String name = "layers." + index + ".";
    this.config = weights.config();
    this.kernels = kernels;
    this.self = Maps.of(name + "self", weights, kernels);
    this.cross = Maps.of(name + "cross", weights, kernels);
    this.norm1 = norm(name + "norm1", weights);
    this.norm2 = norm(name + "norm2", weights);
    this.norm3 = norm(name + "norm3", weights);
    int inner = config.feedForward();
    int mapped = config.hidden().maps() * inner;
    this.feedForwardIn = weights.linear(name + "feedforward.in", mapped, config.dim(), kernels);
    this.feedForwardOut = weights.linear(name + "feedforward.out", config.dim(), inner, kernels);
  }

  private RowNorm.Forward norm(String name, DecoderWeights weights) {
    return config.norm().forward(kernels, config.normAt(name), weights::get);
  }

  /** Keys and values of a history's outputs (length, dim), already normalised. */
  KeyValues memory(float[] outputs, int length) {
    KeyValues memory = kernels.keyValues(length, config.heads(), config.headDim());
    float[] keys = new float[length * config.dim()];
    float[] values = new float[length * config.dim()];
    kernels.linear(cross.key, outputs, length, keys, Epilogue.STORE);
    kernels.linear(cross.value, outputs, length, values, Epilogue.STORE);
    kernels.append(memory, keys, values, length);
    return memory;
  }

  /** Runs candidates (rows, dim) in {@code s.x}; leaves their keys and values in {@code s}. */
  void run(KeyValues placed, KeyValues memory, int rows, DecoderScratch s) {
    norm1.apply(s.x, rows, s.normed);
    kernels.linear(self.query, s.normed, rows, s.queries, Epilogue.STORE);
    kernels.linear(self.key, s.normed, rows, s.keys, Epilogue.STORE);
    kernels.linear(self.value, s.normed, rows, s.values, Epilogue.STORE);
    kernels.attendCandidates(
        placed, s.queries, s.keys, s.values, rows, s.attended, s.attention(kernels, placed));
    kernels.linear(self.output, s.attended, rows, s.x, Epilogue.ADD);
    norm2.apply(s.x, rows, s.normed);
    kernels.linear(cross.query, s.normed, rows, s.queries, Epilogue.STORE);
    // An empty place beside the history takes what none of its entries deserves, and all of it
    // where there is none.
    kernels.attendCandidates(
        memory, s.queries, s.zeros, s.zeros, rows, s.attended, s.attention(kernels, memory));
    kernels.linear(cross.output, s.attended, rows, s.x, Epilogue.ADD);
    norm3.apply(s.x, rows, s.normed);
    config.hidden().apply(kernels, feedForwardIn, s.normed, rows, s.hidden);
    kernels.linear(feedForwardOut, s.hidden, rows, s.x, Epilogue.ADD);
  }
}
