// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

import io.nextclick.model.kernel.TrainingKernels;

/** {@code Y = X W^T + b} and its derivatives: W (out, in), b (out), X (rows, in), Y (rows, out). */
public final class LinearPass {

  private static final int CHUNK = 128;

  private final TrainingKernels kernels;
  private final String name;
  private final int out;
  private final int in;
  private final float[] weight;
  private final float[] bias;
  private final float[] transposed; // (in, out), renewed after every step

  public LinearPass(TrainingKernels kernels, Parameters parameters, String name, int out, int in) {
    this.kernels = kernels;
    this.name = name;
    this.out = out;
    this.in = in;
    this.weight = parameters.get(name + ".weight");
    this.bias = parameters.get(name + ".bias");
    this.transposed = new float[out * in + TrainingKernels.SLACK];
  }

  /** Takes new weights in; before the first step and after each. */
  public void renew() {
    kernels.transpose(weight, 0, in, out, in, transposed, 0, out);
  }

  public void forward(float[] x, int rows, float[] y) {
    kernels.product(x, 0, in, transposed, 0, out, y, 0, out, rows, in, out, false);
    kernels.addToRows(y, rows, out, bias);
  }

  /**
   * The derivatives.
   *
   * @param dx receives the derivative by x, added to what is there with {@code add}
   * @param scratch at least {@link #scratch()} values
   */
  public void backward(
      float[] x,
      float[] dy,
      int rows,
      float[] dx,
      boolean add,
      Gradient gradient,
      float[] scratch) {
    kernels.product(dy, 0, out, weight, 0, in, dx, 0, in, rows, out, in, add);
    kernels.sumRows(dy, rows, out, gradient.get(name + ".bias"));
    float[] slope = gradient.get(name + ".weight");
    for (int row = 0; row < rows; row += CHUNK) {
      int chunk = Math.min(CHUNK, rows - row);
      kernels.transpose(dy, row * out, out, chunk, out, scratch, 0, CHUNK);
      kernels.product(scratch, 0, CHUNK, x, row * in, in, slope, 0, in, out, chunk, in, true);
    }
  }

  /** Outputs. */
  public int out() {
    return out;
  }

  /** Values of scratch memory. */
  public int scratch() {
    return out * CHUNK;
  }
}
