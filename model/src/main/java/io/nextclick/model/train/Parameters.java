// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.encoder.EncoderConfig;
import io.nextclick.model.encoder.EncoderWeights;
import io.nextclick.model.kernel.TrainingKernels;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** All weights of an encoder, which training changes. */
final class Parameters {

  private static final float FADING = 2; // logit: an entry counts 0.88 of what it did a visit ago

  private final EncoderConfig config;
  private final Map<String, float[]> values = new LinkedHashMap<>(); // with slack behind each
  private final Map<String, Integer> sizes = new LinkedHashMap<>();

  private Parameters(EncoderConfig config) {
    this.config = config;
    for (EncoderWeights.Spec spec : EncoderWeights.specs(config)) {
      int size = Math.toIntExact(spec.size());
      sizes.put(spec.name(), size);
      values.put(spec.name(), new float[size + TrainingKernels.SLACK]);
    }
  }

  /**
   * Weights to start from: embeddings and factors normal with a deviation of {@code spread}, query,
   * key and value uniform with Xavier's limit, the other matrices normal with 0.02, biases 0, norms
   * 1 (quality.md's SASRec+). The long-term interest starts as the mean itself.
   */
  static Parameters initial(EncoderConfig config, double spread, long seed) {
    var parameters = new Parameters(config);
    var random = new SplittableRandom(seed);
    for (EncoderWeights.Spec spec : EncoderWeights.specs(config)) {
      float[] x = parameters.get(spec.name());
      int size = Math.toIntExact(spec.size());
      if (spec.name().contains("norm")) {
        Arrays.fill(x, 0, size, spec.name().endsWith("weight") ? 1 : 0);
      } else if (spec.name().matches(".*attention\\.(query|key|value)\\.weight")) {
        double limit = Math.sqrt(6.0 / (spec.shape().get(0) + spec.shape().get(1)));
        fill(x, size, () -> limit * (2 * random.nextDouble() - 1));
      } else if (spec.name().matches("(layers|request)\\..*weight")) {
        double deviation = 1 / Math.sqrt(spec.shape().get(1)) / 2;
        fill(x, size, () -> deviation * random.nextGaussian());
      } else if (spec.name().equals("interest.decay")) {
        Arrays.fill(x, 0, size, FADING);
      } else if (spec.name().equals("interest.weight")) {
        for (int d = 0; d < config.dim(); d++) {
          x[d * config.dim() + d] = 1;
        }
      } else if (spec.name().matches(".*embedding|transition\\..*")) {
        fill(x, size, () -> spread * random.nextGaussian());
      } else if (spec.name().equals("head.weight")) {
        fill(x, size, () -> random.nextGaussian() / Math.sqrt(config.dim()));
      }
    }
    return parameters;
  }

  private interface Draw {
    double next();
  }

  private static void fill(float[] x, int size, Draw draw) {
    for (int i = 0; i < size; i++) {
      x[i] = (float) draw.next();
    }
  }

  /** A copy of given weights. */
  static Parameters of(EncoderWeights weights) {
    var parameters = new Parameters(weights.config());
    weights
        .tensors()
        .forEach((name, x) -> System.arraycopy(x, 0, parameters.get(name), 0, x.length));
    return parameters;
  }

  EncoderConfig config() {
    return config;
  }

  /** The live values of a tensor, with slack behind them. */
  float[] get(String name) {
    float[] x = values.get(name);
    if (x == null) {
      throw new IllegalArgumentException("this model has no tensor " + name);
    }
    return x;
  }

  /** Number of values of each tensor, in the order of the file. */
  Map<String, Integer> sizes() {
    return sizes;
  }

  /** Number of all values. */
  long size() {
    return sizes.values().stream().mapToLong(Integer::longValue).sum();
  }

  /** The weights as they are now. */
  EncoderWeights snapshot() {
    Map<String, float[]> copy = new LinkedHashMap<>();
    sizes.forEach((name, size) -> copy.put(name, Arrays.copyOf(get(name), size)));
    return new EncoderWeights(config, copy);
  }
}
