// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.Parameters;

/**
 * The exponential moving average of the weights over the steps (Polyak and Juditsky, SIAM J.
 * Control Optim. 30(4), 1992): steadier than the last step's. Young averages forget faster, so that
 * the first weights do not linger.
 */
public final class WeightAverage {

  private static final double YOUNG = 10;

  private final TrainingKernels kernels;
  private final double decay;
  private final Parameters live;
  private final Parameters average;

  /**
   * @param decay what a step leaves of the average, below 1; 0 for the live weights themselves
   */
  public WeightAverage(TrainingKernels kernels, double decay, Parameters live) {
    this.kernels = kernels;
    this.decay = decay;
    this.live = live;
    this.average = decay == 0 ? live : Parameters.of(live.tensors(), live.snapshot());
  }

  /** The averaged weights: live. */
  public Parameters weights() {
    return average;
  }

  /** Takes the weights of step {@code step} in, from 1. */
  public void add(long step) {
    if (decay == 0) {
      return;
    }
    float kept = (float) Math.min(decay, (1 + step) / (YOUNG + step));
    live.sizes()
        .forEach((name, size) -> {
          float[] sum = average.get(name);
          kernels.addScaled(sum, 0, sum, 0, size, kept - 1);
          kernels.addScaled(sum, 0, live.get(name), 0, size, 1 - kept);
        });
  }
}
