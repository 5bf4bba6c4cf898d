// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;

/** With {@code attend}: the product of a candidate's own state and one vector. */
final class AttendHead extends ClickHead {

  private final float[] weight; // (dim)
  private final float[] bias; // (1)

  AttendHead(TrainingKernels kernels, SharedWeights shared, PartPasses parts) {
    super(kernels, shared, parts);
    this.weight = shared.parameters().get("head.weight");
    this.bias = shared.parameters().get("head.bias");
  }

  @Override
  void begin(PackedBatch batch, float[] states) {}

  @Override
  double score(PackedBatch batch, int c, float[] states) {
    int at = (batch.tokens() + c) * dim;
    return kernels.dot(states, at, weight, 0, dim) + bias[0];
  }

  @Override
  void backward(
      PackedBatch batch, int c, float[] states, float slope, float[] dStates, Gradient gradient) {
    int at = (batch.tokens() + c) * dim;
    kernels.addScaled(dStates, at, weight, 0, dim, slope);
    kernels.addScaled(gradient.get("head.weight"), 0, states, at, dim, slope);
    gradient.get("head.bias")[0] += slope;
  }

  @Override
  void end(PackedBatch batch, float[] dStates, Gradient gradient) {}
}
