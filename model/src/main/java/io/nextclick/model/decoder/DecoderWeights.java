// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.weights.Tensor;
import io.nextclick.model.weights.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** All parameters of a decoder, by name: those of {@link DecoderConfig#tensors}. */
public final class DecoderWeights {

  private final DecoderConfig config;
  private final Map<String, float[]> tensors;

  /**
   * Takes the arrays over.
   *
   * @throws IllegalArgumentException if a tensor is missing, left over, of another size, or not
   *     finite; the message names it
   */
  public DecoderWeights(DecoderConfig config, Map<String, float[]> tensors) {
    this.config = config;
    this.tensors = Tensors.checked(config.tensors(), tensors);
  }

  /** Weights for tests and benchmarks, which keep activations near one. */
  public static DecoderWeights random(DecoderConfig config, long seed) {
    var random = new SplittableRandom(seed);
    Map<String, float[]> tensors = new LinkedHashMap<>();
    for (Tensor tensor : config.tensors()) {
      float[] values = new float[Math.toIntExact(tensor.size())];
      double middle = tensor.name().contains("norm") && tensor.name().endsWith("weight") ? 1 : 0;
      double spread = tensor.shape().size() == 2 ? 1 / Math.sqrt(tensor.shape().get(1)) : 0.1;
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (middle + spread * random.nextGaussian());
      }
      tensors.put(tensor.name(), values);
    }
    return new DecoderWeights(config, tensors);
  }

  /** The configuration that these weights fit. */
  public DecoderConfig config() {
    return config;
  }

  /**
   * The values of a tensor, row-major; callers must not change them.
   *
   * @throws IllegalArgumentException if there is no such tensor
   */
  public float[] get(String name) {
    float[] values = tensors.get(name);
    if (values == null) {
      throw new IllegalArgumentException("a decoder has no tensor " + name);
    }
    return values;
  }

  /** A linear map {@code out} by {@code in} in the layout of a kernel. */
  LinearMap linear(String name, int out, int in, Kernels kernels) {
    return kernels.linearMap(get(name + ".weight"), get(name + ".bias"), out, in);
  }

  /** All tensors in the order of the file; callers must not change them. */
  public Map<String, float[]> tensors() {
    return Collections.unmodifiableMap(tensors);
  }
}
