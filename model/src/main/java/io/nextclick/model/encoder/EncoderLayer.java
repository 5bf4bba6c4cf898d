// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.model.block.RowNorm;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;

/** One layer's weights in the layout of a kernel. */
record EncoderLayer(
    RowNorm.Forward norm1,
    LinearMap query, // dim -> dim
    LinearMap key, // dim -> dim
    LinearMap value, // dim -> dim
    LinearMap output, // dim -> dim
    RowNorm.Forward norm2,
    LinearMap feedForwardIn, // dim -> feedForward, or what its activation makes that of
    LinearMap feedForwardOut) { // feedForward -> dim

  static EncoderLayer of(EncoderWeights weights, int index, Kernels kernels) {
    String layer = "layers." + index + ".";
    EncoderConfig config = weights.config();
    int dim = config.dim();
    int feedForward = config.feedForward();
    return new EncoderLayer(
        config.rowNorm().forward(kernels, config.normAt(layer + "norm1"), weights::get),
        weights.linear(layer + "attention.query", dim, dim, kernels),
        weights.linear(layer + "attention.key", dim, dim, kernels),
        weights.linear(layer + "attention.value", dim, dim, kernels),
        weights.linear(layer + "attention.output", dim, dim, kernels),
        config.rowNorm().forward(kernels, config.normAt(layer + "norm2"), weights::get),
        weights.linear(layer + "feedforward.in", config.mapped(feedForward), dim, kernels),
        weights.linear(layer + "feedforward.out", dim, feedForward, kernels));
  }
}
