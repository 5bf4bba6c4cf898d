// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.kernel.TrainingKernels.AdamStep;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.Parameters;
import io.nextclick.model.weights.Tensor;
import io.nextclick.model.weights.TouchedRows;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adam with decoupled weight decay, a linear warm-up, a linear end, and clipping by the norm of the
 * whole gradient (Pascanu et al., arXiv 1211.5063, algorithm 1). Rows of a large catalogue that a
 * batch did not meet are left as they are.
 */
public final class Optimizer {

  /**
   * How it steps.
   *
   * @param rate learning rate after the warm-up, above 0
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param epsilon added to the root of the second moment
   * @param weightDecay per step, times the learning rate, of the tensors that take the general one
   * @param warmUp steps over which the rate grows from 0
   * @param decline share of all steps, at their end, over which the rate falls to 0
   * @param clip largest norm of the gradient; 0 for no limit
   */
  public record Settings(
      double rate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      int warmUp,
      double decline,
      double clip) {

    /** The rate of step {@code step}, from 1, of {@code steps}. */
    double rate(long step, long steps) {
      double up = warmUp == 0 ? 1 : Math.min(1, (double) step / warmUp);
      double down =
          decline == 0 ? 1 : Math.min(1, (double) (steps - step + 1) / (decline * (double) steps));
      return rate * Math.min(up, down);
    }
  }

  private final TrainingKernels kernels;
  private final Settings settings;
  private final Parameters parameters;
  private final long steps;
  private final Map<String, Moments> moments = new LinkedHashMap<>();
  private long step;

  /** Running means of a tensor's gradient and of its square: (size) each. */
  record Moments(float[] mean, float[] square) {}

  /**
   * @param steps of the whole run, which the end of the schedule follows from
   */
  public Optimizer(TrainingKernels kernels, Settings settings, Parameters parameters, long steps) {
    this.kernels = kernels;
    this.settings = settings;
    this.parameters = parameters;
    this.steps = steps;
    parameters
        .sizes()
        .forEach((name, size) -> moments.put(name, new Moments(new float[size], new float[size])));
  }

  /** The live moments of a tensor. */
  Moments moments(String name) {
    Moments found = moments.get(name);
    if (found == null) {
      throw new IllegalArgumentException("this model has no tensor " + name);
    }
    return found;
  }

  /** Steps made. */
  public long step() {
    return step;
  }

  /** Goes on after {@code made} steps, whose moments were put back. */
  void resume(long made) {
    step = made;
  }

  /**
   * Changes the weights.
   *
   * @param scale what the gradient is multiplied by
   */
  public void step(Gradient gradient, double scale) {
    step++;
    double norm = scale * Math.sqrt(gradient.squaredNorm(kernels));
    double factor = settings.clip > 0 && norm > settings.clip ? settings.clip / norm : 1;
    double rate = settings.rate(step, steps);
    for (Tensor tensor : parameters.tensors()) {
      String name = tensor.name();
      double decay = tensor.decay().of(settings.weightDecay);
      var adam =
          new AdamStep(
              (float) (rate / (1 - Math.pow(settings.beta1, (double) step))),
              (float) settings.beta1,
              (float) settings.beta2,
              (float) (1 / (1 - Math.pow(settings.beta2, (double) step))),
              (float) settings.epsilon,
              (float) (rate * decay));
      TouchedRows rows = gradient.touched(name);
      if (rows == null || rows.all()) {
        update(name, gradient, 0, Math.toIntExact(tensor.size()), scale * factor, adam);
      } else {
        for (int i = 0; i < rows.count(); i++) {
          int at = rows.row(i) * rows.width();
          update(name, gradient, at, rows.width(), scale * factor, adam);
        }
      }
    }
  }

  private void update(
      String name, Gradient gradient, int at, int length, double scale, AdamStep adam) {
    kernels.adam(
        parameters.get(name),
        gradient.get(name),
        moments(name).mean,
        moments(name).square,
        at,
        length,
        (float) scale,
        adam);
  }
}
