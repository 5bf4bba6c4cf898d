// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.block;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.LinearPass;

/** {@code gelu(x W^T + b)} (Hendrycks and Gimpel, arXiv 1606.08415). */
public final class Gelu implements HiddenLayer {

  @Override
  public void apply(Kernels kernels, LinearMap map, float[] x, int rows, float[] hidden) {
    kernels.linear(map, x, rows, hidden, Epilogue.GELU);
  }

  @Override
  public Pass pass(TrainingKernels kernels, LinearPass map) {
    return new Pass() {

      private float[] mapped = {}; // (rows, inner)

      @Override
      public void forward(float[] x, int rows, float[] hidden) {
        mapped = ensureCapacity(mapped, rows * map.out());
        map.forward(x, rows, mapped);
        kernels.gelu(mapped, hidden, rows * map.out());
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
        kernels.geluBackward(mapped, dHidden, rows * map.out());
        map.backward(x, dHidden, rows, dx, false, gradient, scratch);
      }
    };
  }

  @Override
  public String nodes(GraphWriter graph, String mapped, int inner) {
    return graph.apply("Gelu", mapped);
  }
}
