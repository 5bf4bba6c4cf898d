// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

import io.nextclick.model.kernel.TrainingKernels;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** All weights of a model, which training changes. */
public final class Parameters {

  private final List<Tensor> tensors;
  private final Map<String, float[]> values = new LinkedHashMap<>(); // with slack behind each
  private final Map<String, Integer> sizes = new LinkedHashMap<>();

  private Parameters(List<Tensor> tensors) {
    this.tensors = List.copyOf(tensors);
    for (Tensor tensor : tensors) {
      int size = Math.toIntExact(tensor.size());
      sizes.put(tensor.name(), size);
      values.put(tensor.name(), new float[size + TrainingKernels.SLACK]);
    }
  }

  /**
   * Weights to start from.
   *
   * @param spread deviation of the first embeddings
   */
  public static Parameters initial(List<Tensor> tensors, double spread, long seed) {
    var parameters = new Parameters(tensors);
    var random = new SplittableRandom(seed);
    for (Tensor tensor : tensors) {
      tensor.first().fill(parameters.get(tensor.name()), tensor.shape(), spread, random);
    }
    return parameters;
  }

  /** A copy of given weights, by name. */
  public static Parameters of(List<Tensor> tensors, Map<String, float[]> values) {
    var parameters = new Parameters(tensors);
    values.forEach((name, x) -> System.arraycopy(x, 0, parameters.get(name), 0, x.length));
    return parameters;
  }

  /** What there is, in the order of the file. */
  public List<Tensor> tensors() {
    return tensors;
  }

  /** The live values of a tensor, with slack behind them. */
  public float[] get(String name) {
    float[] x = values.get(name);
    if (x == null) {
      throw new IllegalArgumentException("this model has no tensor " + name);
    }
    return x;
  }

  /** Number of values of each tensor, in the order of the file. */
  public Map<String, Integer> sizes() {
    return sizes;
  }

  /** Number of all values. */
  public long size() {
    return sizes.values().stream().mapToLong(Integer::longValue).sum();
  }

  /** A copy of the weights as they are now, by name. */
  public Map<String, float[]> snapshot() {
    Map<String, float[]> copy = new LinkedHashMap<>();
    sizes.forEach((name, size) -> copy.put(name, Arrays.copyOf(get(name), size)));
    return copy;
  }
}
