// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.train.PackedBatch.Shown;

/**
 * What the item acted on last in a candidate's visit adds to its logit, forward and backward: the
 * product of the two items' factors.
 */
final class TransitionPass {

  private static final String FROM = "transition.from";
  private static final String TO = "transition.to";

  private final TrainingKernels kernels;
  private final Parameters parameters;
  private final int width;

  TransitionPass(TrainingKernels kernels, Parameters parameters) {
    this.kernels = kernels;
    this.parameters = parameters;
    this.width = parameters.config().transitions();
  }

  /** The part of candidate {@code c}'s logit. */
  float score(PackedBatch batch, int c) {
    int from = from(batch, c);
    return from < 0
        ? 0
        : kernels.dot(
            parameters.get(FROM), from * width, parameters.get(TO), to(batch, c) * width, width);
  }

  /** Takes the derivative by that part. */
  void backward(PackedBatch batch, int c, float slope, Gradient gradient) {
    int from = from(batch, c);
    if (from < 0) {
      return;
    }
    int to = to(batch, c);
    float[] ofFrom = parameters.get(FROM);
    float[] ofTo = parameters.get(TO);
    kernels.addScaled(gradient.row(FROM, from), from * width, ofTo, to * width, width, slope);
    kernels.addScaled(gradient.row(TO, to), to * width, ofFrom, from * width, width, slope);
  }

  private static int to(PackedBatch batch, int c) {
    return batch.unknown()[batch.tokens() + c] ? 0 : batch.shown().items()[c];
  }

  /** The row of the item acted on last in the candidate's visit; -1 if there is none. */
  private int from(PackedBatch batch, int c) {
    if (width == 0) {
      return -1;
    }
    Shown shown = batch.shown();
    int start = batch.start()[shown.sequence()[c]];
    int t = start + shown.sees()[c] - 1;
    while (t >= start
        && batch.items()[t] != PackedBatch.START
        && batch.visits()[t] == shown.visit()[c]) {
      if (batch.actions()[t] != FoldSettings.IMPRESSION) {
        return batch.unknown()[t] ? 0 : batch.items()[t];
      }
      t--;
    }
    return -1;
  }
}
