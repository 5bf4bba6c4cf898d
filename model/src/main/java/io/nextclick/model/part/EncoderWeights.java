// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.slate.ItemEmbeddings;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Tensor;
import io.nextclick.model.weights.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * All parameters of an encoder, by name. The names are those of {@code weights.safetensors};
 * weights of linear maps are (out, in), as PyTorch stores them.
 *
 * <pre>
 *  item.embedding                 (items + 1, dim)      row 0: every unknown item
 *  start.embedding                (dim)                 stands for an empty history
 *  position.embedding             (maxHistory, dim)     with learned positions
 *  candidate.embedding            (dim)                 marks the scored token, with attend
 *  layers.N.norm1.weight, .bias   (dim)
 *  layers.N.attention.query.weight, .bias   (dim, dim), (dim)   also key, value, output
 *  layers.N.norm2.weight, .bias   (dim)
 *  layers.N.feedforward.in.weight, .bias    (feedForward, dim), (feedForward); with swiglu twice as
 *                                           many rows, the gates behind
 *  layers.N.feedforward.out.weight, .bias   (dim, feedForward), (dim)
 *  norm.weight, .bias             (dim)                 with finalNorm; no norm has .bias with rmsNorm
 *  item.bias                      (items + 1)           with dot
 *  head.weight, head.bias         (dim), (1)            with attend
 * </pre>
 *
 * Each part says what its own are.
 */
public final class EncoderWeights {

  private final EncoderConfig config;
  private final Map<String, float[]> tensors;

  /**
   * Takes the arrays over.
   *
   * @throws IllegalArgumentException if a tensor is missing, left over, of another size, or not
   *     finite; the message names it
   */
  public EncoderWeights(EncoderConfig config, Map<String, float[]> tensors) {
    this.config = config;
    this.tensors = Tensors.checked(config.tensors(), tensors);
  }

  /**
   * Weights for tests and benchmarks: layer norms at one, biases small, all else normal with a
   * spread that keeps activations near one through the layers.
   */
  public static EncoderWeights random(EncoderConfig config, long seed) {
    var random = new SplittableRandom(seed);
    Map<String, float[]> tensors = new LinkedHashMap<>();
    for (Tensor spec : config.tensors()) {
      float[] values = new float[Math.toIntExact(spec.size())];
      boolean norm = spec.first().equals(FirstValues.ONES);
      double spread = spec.shape().size() == 2 ? 1 / Math.sqrt(spec.shape().get(1)) : 0.1;
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) ((norm ? 1 : 0) + spread * random.nextGaussian());
      }
      if (spec.first().equals(FirstValues.ROWS)) {
        spec.first().fill(values, spec.shape(), spread, random);
      }
      tensors.put(spec.name(), values);
    }
    return new EncoderWeights(config, tensors);
  }

  /** The configuration that these weights fit. */
  public EncoderConfig config() {
    return config;
  }

  /**
   * The values of a tensor, row-major; callers must not change them.
   *
   * @throws IllegalArgumentException if this configuration has no such tensor
   */
  public float[] get(String name) {
    float[] values = tensors.get(name);
    if (values == null) {
      throw new IllegalArgumentException("this model has no tensor " + name);
    }
    return values;
  }

  /** What stands for the items. */
  public ItemEmbeddings itemEmbeddings() {
    return new ItemEmbeddings(get("item.embedding"), config.dim());
  }

  /** A linear map {@code out} by {@code in} in the layout of a kernel. */
  public LinearMap linear(String name, int out, int in, Kernels kernels) {
    return kernels.linearMap(get(name + ".weight"), get(name + ".bias"), out, in);
  }

  /** All tensors in the order of the file; callers must not change them. */
  public Map<String, float[]> tensors() {
    return Collections.unmodifiableMap(tensors);
  }
}
