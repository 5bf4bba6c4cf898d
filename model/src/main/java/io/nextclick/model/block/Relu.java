// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.block;

import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.LinearPass;

/** {@code max(0, x W^T + b)}. */
public final class Relu implements HiddenLayer {

  @Override
  public void apply(Kernels kernels, LinearMap map, float[] x, int rows, float[] hidden) {
    kernels.linear(map, x, rows, hidden, Epilogue.RELU);
  }

  @Override
  public Pass pass(TrainingKernels kernels, LinearPass map) {
    return new Pass() {
      @Override
      public void forward(float[] x, int rows, float[] hidden) {
        map.forward(x, rows, hidden);
        kernels.relu(hidden, rows * map.out());
      }

      @Override
      public void backward(
          float[] x,
          float[] hidden,
          float[] dHidden,
          int rows,
          float[] dx,
          Gradient gradient,
          float[] scratch) {
        kernels.reluBackward(hidden, dHidden, rows * map.out());
        map.backward(x, dHidden, rows, dx, false, gradient, scratch);
      }
    };
  }

  @Override
  public String nodes(GraphWriter graph, String mapped, int inner) {
    return graph.apply("Relu", mapped);
  }
}
