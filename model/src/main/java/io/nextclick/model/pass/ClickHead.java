// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;

/** From the states to the logits of candidates and the loss on clicks, forward and backward. */
abstract class ClickHead {

  final TrainingKernels kernels;
  final int dim;
  final PartPasses parts;

  ClickHead(TrainingKernels kernels, SharedWeights shared, PartPasses parts) {
    this.kernels = kernels;
    this.dim = shared.config().dim();
    this.parts = parts;
  }

  static ClickHead of(TrainingKernels kernels, SharedWeights shared, PartPasses parts) {
    return shared.config().scoring() == Scoring.ATTEND
        ? new AttendHead(kernels, shared, parts)
        : new DotHead(kernels, shared, parts);
  }

  /**
   * Binary cross-entropy: {@code log(1 + exp(s)) - label s}.
   *
   * @param states (rows, dim) what the layers give
   * @param dStates (rows, dim) the derivative is added to it
   * @return the loss, before {@code clickWeight}
   */
  double run(
      PackedBatch batch, float[] states, float[] dStates, double clickWeight, Gradient gradient) {
    Shown shown = batch.shown();
    begin(batch, states);
    double loss = 0;
    for (int c = 0; c < shown.count(); c++) {
      double s = score(batch, c, states);
      s += parts.logit(batch, c);
      double p = 1 / (1 + Math.exp(-s));
      double weight = shown.weights()[c];
      loss +=
          weight * (Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - shown.labels()[c] * s);
      float slope = (float) (clickWeight * weight * (p - shown.labels()[c]));
      parts.logitBackward(batch, c, slope, gradient);
      backward(batch, c, states, slope, dStates, gradient);
    }
    end(batch, dStates, gradient);
    return loss;
  }

  /**
   * The derivatives, where somebody else made a loss of the logits.
   *
   * @param slopes (candidates,) by the logits
   * @param dStates (rows, dim) the derivative is added to it
   */
  void backward(
      PackedBatch batch, float[] states, float[] dStates, float[] slopes, Gradient gradient) {
    begin(batch, states);
    for (int c = 0; c < batch.shown().count(); c++) {
      score(batch, c, states);
      parts.logit(batch, c);
      parts.logitBackward(batch, c, slopes[c], gradient);
      backward(batch, c, states, slopes[c], dStates, gradient);
    }
    end(batch, dStates, gradient);
  }

  /** (candidates,) the logits. */
  double[] scores(PackedBatch batch, float[] states) {
    begin(batch, states);
    double[] scores = new double[batch.shown().count()];
    for (int c = 0; c < scores.length; c++) {
      scores[c] = score(batch, c, states) + parts.logit(batch, c);
    }
    return scores;
  }

  /** Before the first candidate. */
  abstract void begin(PackedBatch batch, float[] states);

  /** The logit of candidate {@code c}. */
  abstract double score(PackedBatch batch, int c, float[] states);

  /** Takes the derivative with respect to that logit; follows {@link #score} of it. */
  abstract void backward(
      PackedBatch batch, int c, float[] states, float slope, float[] dStates, Gradient gradient);

  /** After the last candidate. */
  abstract void end(PackedBatch batch, float[] dStates, Gradient gradient);
}
