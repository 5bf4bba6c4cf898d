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

/**
 * A gated network: {@code (x V^T + c) * silu(x W^T + b)}, value by value (Shazeer, arXiv
 * 2002.05202). One map makes both: its first {@code inner} values are what is let through, the
 * others are the gates.
 */
public final class SwiGlu implements HiddenLayer {

  @Override
  public int maps() {
    return 2;
  }

  @Override
  public void apply(Kernels kernels, LinearMap map, float[] x, int rows, float[] hidden) {
    kernels.linear(map, x, rows, hidden, Epilogue.STORE);
    kernels.gate(hidden, rows, map.out() / 2);
  }

  @Override
  public Pass pass(TrainingKernels kernels, LinearPass map) {
    int inner = map.out() / 2;
    return new Pass() {

      private float[] mapped = {}; // (rows, 2 inner)
      private float[] slopes = {}; // (rows, 2 inner)

      @Override
      public void forward(float[] x, int rows, float[] hidden) {
        mapped = ensureCapacity(mapped, rows * map.out());
        map.forward(x, rows, mapped);
        kernels.gate(mapped, rows, inner, hidden);
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
        slopes = ensureCapacity(slopes, rows * map.out());
        kernels.gateBackward(mapped, dHidden, rows, inner, slopes);
        map.backward(x, slopes, rows, dx, false, gradient, scratch);
      }
    };
  }

  @Override
  public String nodes(GraphWriter graph, String mapped, int inner) {
    String axis = graph.longs(-1);
    String half = graph.longs(inner);
    String through = graph.apply("Slice", mapped, graph.longs(0), half, axis);
    String gate = graph.apply("Slice", mapped, half, graph.longs(Long.MAX_VALUE), axis);
    return graph.apply("Mul", through, graph.apply("Mul", gate, graph.apply("Sigmoid", gate)));
  }
}
