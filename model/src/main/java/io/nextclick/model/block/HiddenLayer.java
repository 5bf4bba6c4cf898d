// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.block;

import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.LinearPass;

/** How a feed-forward network makes its hidden values of its input. Holds no state. */
public interface HiddenLayer {

  /** How many values its linear map makes for each hidden value. */
  default int maps() {
    return 1;
  }

  /**
   * Serving.
   *
   * @param map dim -> maps * inner
   * @param x (rows, dim)
   * @param hidden receives (rows, inner); has room for (rows, maps * inner)
   */
  void apply(Kernels kernels, LinearMap map, float[] x, int rows, float[] hidden);

  /** Training, for one thread. */
  Pass pass(TrainingKernels kernels, LinearPass map);

  /** The hidden values (rows, inner) in a graph, of what the map made (rows, maps * inner). */
  String nodes(GraphWriter graph, String mapped, int inner);

  /** Forward and backward over a batch. */
  interface Pass {

    /** Fills {@code hidden} (rows, inner) from x (rows, dim). */
    void forward(float[] x, int rows, float[] hidden);

    /**
     * Must follow {@link #forward}.
     *
     * @param hidden what came out, some of it perhaps dropped since
     * @param dHidden (rows, inner) derivative with respect to it; is overwritten
     * @param dx (rows, dim) receives the derivative with respect to x
     * @param scratch as much as the map needs
     */
    void backward(
        float[] x,
        float[] hidden,
        float[] dHidden,
        int rows,
        float[] dx,
        Gradient gradient,
        float[] scratch);
  }
}
