// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.encoder.EncoderConfig;
import io.nextclick.model.encoder.EncoderConfig.Activation;
import io.nextclick.model.kernel.TrainingKernels;
import org.jspecify.annotations.Nullable;

/** The request block {@code q = z + W2 act(W1 LN(z))}, forward and backward. */
final class RequestPass {

  /** Its weights, as all passes over a step's shards share them. */
  record Weights(
      float[] normScale, // (dim)
      float[] normShift, // (dim)
      LinearPass in, // dim -> requestWidth
      LinearPass out) { // requestWidth -> dim

    /** Those of a model, or null if it has no such block. */
    static @Nullable Weights of(TrainingKernels kernels, Parameters parameters) {
      int width = parameters.config().requestWidth();
      int dim = parameters.config().dim();
      return width == 0
          ? null
          : new Weights(
              parameters.get("request.norm.weight"),
              parameters.get("request.norm.bias"),
              new LinearPass(kernels, parameters, "request.in", width, dim),
              new LinearPass(kernels, parameters, "request.out", dim, width));
    }

    /** Takes new weights in. */
    void renew() {
      in.renew();
      out.renew();
    }
  }

  private final TrainingKernels kernels;
  private final EncoderConfig config;
  private final Weights weights;

  private float[] normed = {}; // (rows, dim)
  private float[] inner = {}; // (rows, requestWidth) before the activation, with GELU
  private float[] hidden = {}; // (rows, requestWidth)
  private float[] dHidden = {}; // (rows, requestWidth)
  private float[] dNormed = {}; // (rows, dim)
  private final float[] turned;

  RequestPass(TrainingKernels kernels, EncoderConfig config, Weights weights) {
    this.kernels = kernels;
    this.config = config;
    this.weights = weights;
    this.turned =
        new float[Math.max(weights.in.scratch(), weights.out.scratch()) + TrainingKernels.SLACK];
  }

  /** Fills {@code q} (rows, dim) from {@code z} (rows, dim), which must stay as it is. */
  void forward(float[] z, int rows, float[] q) {
    int size = rows * config.dim();
    int length = rows * config.requestWidth();
    normed = Scratch.room(normed, size);
    hidden = Scratch.room(hidden, length);
    kernels.layerNorm(
        z, rows, config.dim(), weights.normScale, weights.normShift, config.epsilon(), normed);
    if (config.activation() == Activation.GELU) {
      inner = Scratch.room(inner, length);
      weights.in.forward(normed, rows, inner);
      kernels.gelu(inner, hidden, length);
    } else {
      weights.in.forward(normed, rows, hidden);
      kernels.relu(hidden, length);
    }
    weights.out.forward(hidden, rows, q);
    kernels.add(q, z, size);
  }

  /**
   * The derivative by z; must follow {@link #forward}.
   *
   * @param dq (rows, dim) derivative by the output; receives that by z
   */
  void backward(float[] z, float[] dq, int rows, Gradient gradient) {
    int size = rows * config.dim();
    int length = rows * config.requestWidth();
    dHidden = Scratch.room(dHidden, length);
    dNormed = Scratch.room(dNormed, size);
    weights.out.backward(hidden, dq, rows, dHidden, false, gradient, turned);
    if (config.activation() == Activation.GELU) {
      kernels.geluBackward(inner, dHidden, length);
    } else {
      kernels.reluBackward(hidden, dHidden, length);
    }
    weights.in.backward(normed, dHidden, rows, dNormed, false, gradient, turned);
    kernels.layerNormBackward(
        z,
        dNormed,
        rows,
        config.dim(),
        weights.normScale,
        config.epsilon(),
        dNormed,
        gradient.get("request.norm.weight"),
        gradient.get("request.norm.bias"));
    kernels.add(dq, dNormed, size);
  }
}
