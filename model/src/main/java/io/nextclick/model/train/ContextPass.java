// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.kernel.TrainingKernels;
import org.jspecify.annotations.Nullable;

/**
 * What a candidate's request brings along beside the history, forward and backward: the context and
 * the long-term interest.
 */
final class ContextPass {

  private static final String CONTEXT = "context.embedding";

  private final TrainingKernels kernels;
  private final Parameters parameters;
  private final @Nullable InterestPass interest;
  private final int dim;

  ContextPass(TrainingKernels kernels, EncoderPass.Shared shared) {
    this.kernels = kernels;
    this.parameters = shared.parameters();
    this.dim = parameters.config().dim();
    this.interest =
        shared.interest() == null ? null : new InterestPass(shared.items(), dim, shared.interest());
  }

  /** Before the first candidate of a batch. */
  void forward(PackedBatch batch) {
    if (interest != null) {
      interest.forward(batch);
    }
  }

  /** Adds what candidate {@code c} brings along to {@code x[at]}. */
  void add(PackedBatch batch, int c, float[] x, int at) {
    for (int bucket : batch.shown().context()[c]) {
      kernels.addScaled(x, at, parameters.get(CONTEXT), bucket * dim, dim, 1);
    }
    if (interest != null) {
      kernels.addScaled(x, at, interest.out(), interest.at(batch, c), dim, 1);
    }
  }

  /** Takes the derivative by what candidate {@code c} brought along, {@code slope[at]}. */
  void addBackward(PackedBatch batch, int c, float[] slope, int at, Gradient gradient) {
    for (int bucket : batch.shown().context()[c]) {
      kernels.addScaled(gradient.get(CONTEXT), bucket * dim, slope, at, dim, 1);
    }
    if (interest != null) {
      kernels.addScaled(interest.dOut(), interest.at(batch, c), slope, at, dim, 1);
    }
  }

  /** After the last candidate of a batch. */
  void backward(PackedBatch batch, Gradient gradient) {
    if (interest != null) {
      interest.backward(batch, gradient);
    }
  }
}
