// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;

/** What a tensor holds before training (quality of SASRec+: Klenitskiy and Vasilev, 2309.07602). */
@FunctionalInterface
public interface FirstValues {

  /** Biases, and whatever is learnt from nothing. */
  FirstValues ZEROS = (x, shape, spread, random) -> {};

  /** The scale of a layer norm. */
  FirstValues ONES = constant(1);

  /** Embeddings and factors: normal, with the deviation that the recipe calls {@code spread}. */
  FirstValues SPREAD =
      (x, shape, spread, random) -> draw(x, shape, () -> spread * random.nextGaussian());

  /** Uniform with the limit of Glorot and Bengio, AISTATS 2010: queries, keys and values. */
  FirstValues XAVIER =
      (x, shape, spread, random) -> {
        double limit = Math.sqrt(6.0 / (shape.get(0) + shape.get(1)));
        draw(x, shape, () -> limit * (2 * random.nextDouble() - 1));
      };

  /** Normal with a deviation of 1/(2 sqrt(in)): the other matrices (out, in) of the layers. */
  FirstValues HALF_INPUT =
      (x, shape, spread, random) -> {
        double deviation = 1 / Math.sqrt(shape.get(1)) / 2;
        draw(x, shape, () -> deviation * random.nextGaussian());
      };

  /** Normal with a deviation of 1/sqrt(dim): a vector (dim) that outputs are multiplied with. */
  FirstValues UNIT =
      (x, shape, spread, random) ->
          draw(x, shape, () -> random.nextGaussian() / Math.sqrt(shape.getFirst()));

  /** The matrix (dim, dim) that changes nothing. */
  FirstValues IDENTITY =
      (x, shape, spread, random) -> {
        for (int d = 0; d < shape.get(1); d++) {
          x[d * shape.get(1) + d] = 1;
        }
      };

  /** Rows of a table as long as the tensor's own first dimension. */
  FirstValues ROWS =
      (x, shape, spread, random) -> draw(x, shape, () -> random.nextInt(shape.getFirst()));

  /** The same value everywhere. */
  static FirstValues constant(float value) {
    return (x, shape, spread, random) -> Arrays.fill(x, 0, size(shape), value);
  }

  /**
   * Fills a tensor of zeros.
   *
   * @param x the values, perhaps with slack behind them
   * @param spread deviation of the first embeddings
   * @param random drawn from once for each value, in their order
   */
  void fill(float[] x, List<Integer> shape, double spread, RandomGenerator random);

  private static void draw(float[] x, List<Integer> shape, DoubleSupplier next) {
    int size = size(shape);
    for (int i = 0; i < size; i++) {
      x[i] = (float) next.getAsDouble();
    }
  }

  private static int size(List<Integer> shape) {
    return shape.stream().reduce(1, Math::multiplyExact);
  }
}
