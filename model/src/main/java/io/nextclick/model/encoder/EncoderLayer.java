// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.part.EncoderWeights;

/** One layer's weights in the layout of a kernel. */
record EncoderLayer(
    float[] norm1Scale, // (dim,)
    float[] norm1Shift, // (dim,)
    LinearMap query, // dim -> dim
    LinearMap key, // dim -> dim
    LinearMap value, // dim -> dim
    LinearMap output, // dim -> dim
    float[] norm2Scale, // (dim,)
    float[] norm2Shift, // (dim,)
    LinearMap feedForwardIn, // dim -> feedForward
    LinearMap feedForwardOut) { // feedForward -> dim

  static EncoderLayer of(EncoderWeights weights, int index, Kernels kernels) {
    String layer = "layers." + index + ".";
    int dim = weights.config().dim();
    int feedForward = weights.config().feedForward();
    return new EncoderLayer(
        weights.get(layer + "norm1.weight"),
        weights.get(layer + "norm1.bias"),
        weights.linear(layer + "attention.query", dim, dim, kernels),
        weights.linear(layer + "attention.key", dim, dim, kernels),
        weights.linear(layer + "attention.value", dim, dim, kernels),
        weights.linear(layer + "attention.output", dim, dim, kernels),
        weights.get(layer + "norm2.weight"),
        weights.get(layer + "norm2.bias"),
        weights.linear(layer + "feedforward.in", feedForward, dim, kernels),
        weights.linear(layer + "feedforward.out", dim, feedForward, kernels));
  }
}
