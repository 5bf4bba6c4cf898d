// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

import java.util.List;

/**
 * A tensor of a model, declared: everything that storing, starting and stepping must know of it.
 *
 * @param name as {@code weights.safetensors} has it
 * @param shape row-major; linear maps are (out, in), as PyTorch stores them
 * @param first what it holds before training
 * @param decay how training pulls it towards zero
 * @param perItem whether it has a row per item, of which a batch meets a few
 */
public record Tensor(
    String name, List<Integer> shape, FirstValues first, Decay decay, boolean perItem) {

  /** Weight decay of a tensor, from the one that the recipe sets for embeddings and layers. */
  @FunctionalInterface
  public interface Decay {
    /** None: norms, biases, and what must not be drawn to zero. */
    Decay NONE = general -> 0;

    /** The recipe's. */
    Decay GENERAL = general -> general;

    /**
     * The decay per step, times the learning rate.
     *
     * @param general the recipe's
     */
    double of(double general);
  }

  /** An embedding table, or a single embedding, which all of its batch meet. */
  public static Tensor embedding(String name, Integer... shape) {
    return new Tensor(name, List.of(shape), FirstValues.SPREAD, Decay.GENERAL, false);
  }

  /** A table with a row per item. */
  public static Tensor ofItems(String name, int rows, int width, Decay decay) {
    return new Tensor(name, List.of(rows, width), FirstValues.SPREAD, decay, true);
  }

  /** Anything that does not decay. */
  public static Tensor free(String name, FirstValues first, Integer... shape) {
    return new Tensor(name, List.of(shape), first, Decay.NONE, false);
  }

  /** The two tensors of a layer norm. */
  public static List<Tensor> norm(String name, int dim) {
    return List.of(
        free(name + ".weight", FirstValues.ONES, dim),
        free(name + ".bias", FirstValues.ZEROS, dim));
  }

  /** The two tensors of a linear map. */
  public static List<Tensor> linear(String name, int out, int in, FirstValues first, Decay decay) {
    return List.of(
        new Tensor(name + ".weight", List.of(out, in), first, decay, false),
        free(name + ".bias", FirstValues.ZEROS, out));
  }

  /** Number of values. */
  public long size() {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }
}
