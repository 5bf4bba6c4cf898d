// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.block;

import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.Tensor;
import java.util.List;
import java.util.function.Function;

/** How rows are normalised in the layers and behind them. Holds no state. */
public interface RowNorm {

  /**
   * One place where rows are normalised.
   *
   * @param name of its tensors, up to the last dot
   * @param dim width of a row
   * @param epsilon added to the mean square
   */
  record Place(String name, int dim, float epsilon) {}

  /** The tensors of a place, in the order of the file. */
  List<Tensor> tensors(String name, int dim);

  /**
   * Serving.
   *
   * @param tensors by name
   */
  Forward forward(Kernels kernels, Place place, Function<String, float[]> tensors);

  /**
   * Training, for any number of threads.
   *
   * @param tensors live values by name
   */
  Pass pass(TrainingKernels kernels, Place place, Function<String, float[]> tensors);

  /**
   * The normalised rows in a graph.
   *
   * @param tensors by name
   */
  String nodes(GraphWriter graph, Place place, Function<String, float[]> tensors, String x);

  /** What becomes of rows in serving. */
  interface Forward {
    /** Normalises x (rows, dim) into y (rows, dim), which may be x. */
    void apply(float[] x, int rows, float[] y);
  }

  /** Forward and backward over a batch. */
  interface Pass {
    /** Normalises x (rows, dim) into y (rows, dim), another array. */
    void forward(float[] x, int rows, float[] y);

    /**
     * The derivative.
     *
     * @param x (rows, dim) what was normalised
     * @param dy (rows, dim) derivative with respect to what came out
     * @param dx (rows, dim) receives the derivative with respect to x; may be dy
     */
    void backward(float[] x, float[] dy, int rows, float[] dx, Gradient gradient);
  }
}
