// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code z + W2 act(W1 LN(z))} over {@code z}, the sum of history state and context.
 *
 * <p>Without it the context can only be added to what the history says: a pause since the last
 * click could shift the scores, but not switch off what that click had meant.
 */
record RequestBlock(
    float[] normScale, // (dim,)
    float[] normShift, // (dim,)
    LinearMap in, // dim -> requestWidth
    LinearMap out) { // requestWidth -> dim

  /** The block of a model, or null if it has none. */
  static @Nullable RequestBlock of(EncoderWeights weights, Kernels kernels) {
    int width = weights.config().requestWidth();
    int dim = weights.config().dim();
    return width == 0
        ? null
        : new RequestBlock(
            weights.get("request.norm.weight"),
            weights.get("request.norm.bias"),
            EncoderLayer.linear(weights, "request.in", width, dim, kernels),
            EncoderLayer.linear(weights, "request.out", dim, width, kernels));
  }

  /** Changes {@code z} (dim,) in place. */
  void apply(
      Kernels kernels, EncoderConfig config, Epilogue activation, float[] z, EncoderScratch s) {
    kernels.layerNorm(z, 1, config.dim(), normScale, normShift, config.epsilon(), s.normed);
    kernels.linear(in, s.normed, 1, s.hidden, activation);
    kernels.linear(out, s.hidden, 1, z, Epilogue.ADD);
  }
}
