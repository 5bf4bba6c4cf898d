// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.model.encoder.EncoderConfig.Positions;
import io.nextclick.model.encoder.EncoderConfig.Scoring;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
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
 *  action.embedding               (actions, dim)        if configured; likewise
 *  attribute.embedding            (attributeBuckets, dim)
 *  timegap.embedding              (timeGapBuckets, dim)
 *  context.embedding              (contextBuckets, dim)
 *  repeat.embedding               (repeats, dim)
 *  shift.weight                   (shift, dim)          row 0: of the entry just before
 *  layers.N.norm1.weight, .bias   (dim)
 *  layers.N.attention.query.weight, .bias   (dim, dim), (dim)   also key, value, output
 *  layers.N.norm2.weight, .bias   (dim)
 *  layers.N.feedforward.in.weight, .bias    (feedForward, dim), (feedForward)
 *  layers.N.feedforward.out.weight, .bias   (dim, feedForward), (dim)
 *  norm.weight, .bias             (dim)                 with finalNorm
 *  request.norm.weight, .bias     (dim)                 with a request block
 *  request.in.weight, .bias       (requestWidth, dim), (requestWidth)
 *  request.out.weight, .bias      (dim, requestWidth), (dim)
 *  interest.decay                 (dim)                 with interest: its logit
 *  interest.action                (actions)             with both: the logarithm of its weight
 *  interest.weight, .bias         (dim, dim), (dim)
 *  transition.from, transition.to (items + 1, transitions)   if configured
 *  item.bias                      (items + 1)           with dot
 *  head.weight, head.bias         (dim), (1)            with attend
 * </pre>
 */
public final class EncoderWeights {

  /** A tensor's name and shape. */
  public record Spec(String name, List<Integer> shape) {
    /** Number of values. */
    public long size() {
      return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }
  }

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
    this.tensors = new LinkedHashMap<>();
    for (Spec spec : specs(config)) {
      float[] values = tensors.get(spec.name());
      if (values == null) {
        throw new IllegalArgumentException("tensor " + spec.name() + " is missing");
      }
      if (values.length != spec.size()) {
        throw new IllegalArgumentException(
            "tensor %s has %d values, but its shape is %s"
                .formatted(spec.name(), values.length, spec.shape()));
      }
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i])) {
          throw new IllegalArgumentException(
              "tensor %s holds %s at %d".formatted(spec.name(), values[i], i));
        }
      }
      this.tensors.put(spec.name(), values);
    }
    for (String name : tensors.keySet()) {
      if (!this.tensors.containsKey(name)) {
        throw new IllegalArgumentException("tensor " + name + " belongs to no part of this model");
      }
    }
  }

  /** Every tensor that a configuration has, in the order of the file. */
  public static List<Spec> specs(EncoderConfig config) {
    List<Spec> specs = new ArrayList<>();
    int dim = config.dim();
    specs.add(new Spec("item.embedding", List.of(config.items() + 1, dim)));
    specs.add(new Spec("start.embedding", List.of(dim)));
    if (config.positions() == Positions.LEARNED) {
      specs.add(new Spec("position.embedding", List.of(config.maxHistory(), dim)));
    }
    boolean attend = config.scoring() == Scoring.ATTEND;
    if (attend) {
      specs.add(new Spec("candidate.embedding", List.of(dim)));
    }
    addTable(specs, "action", config.actions(), dim);
    addTable(specs, "attribute", config.attributeBuckets(), dim);
    addTable(specs, "timegap", config.timeGapBuckets(), dim);
    addTable(specs, "context", config.contextBuckets(), dim);
    addTable(specs, "repeat", config.repeats(), dim);
    if (config.shift() > 0) {
      specs.add(new Spec("shift.weight", List.of(config.shift(), dim)));
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      addLayer(specs, "layers." + layer + ".", dim, config.feedForward());
    }
    if (config.finalNorm()) {
      addNorm(specs, "norm", dim);
    }
    if (config.requestWidth() > 0) {
      addNorm(specs, "request.norm", dim);
      addLinear(specs, "request.in", config.requestWidth(), dim);
      addLinear(specs, "request.out", dim, config.requestWidth());
    }
    if (config.interest()) {
      specs.add(new Spec("interest.decay", List.of(dim)));
      if (config.actions() > 0) {
        specs.add(new Spec("interest.action", List.of(config.actions())));
      }
      addLinear(specs, "interest", dim, dim);
    }
    if (config.transitions() > 0) {
      specs.add(new Spec("transition.from", List.of(config.items() + 1, config.transitions())));
      specs.add(new Spec("transition.to", List.of(config.items() + 1, config.transitions())));
    }
    if (attend) {
      specs.add(new Spec("head.weight", List.of(dim)));
      specs.add(new Spec("head.bias", List.of(1)));
    } else {
      specs.add(new Spec("item.bias", List.of(config.items() + 1)));
    }
    return specs;
  }

  private static void addTable(List<Spec> specs, String name, int rows, int dim) {
    if (rows > 0) {
      specs.add(new Spec(name + ".embedding", List.of(rows, dim)));
    }
  }

  private static void addLayer(List<Spec> specs, String layer, int dim, int feedForward) {
    addNorm(specs, layer + "norm1", dim);
    for (String map : List.of("query", "key", "value", "output")) {
      addLinear(specs, layer + "attention." + map, dim, dim);
    }
    addNorm(specs, layer + "norm2", dim);
    addLinear(specs, layer + "feedforward.in", feedForward, dim);
    addLinear(specs, layer + "feedforward.out", dim, feedForward);
  }

  private static void addNorm(List<Spec> specs, String name, int dim) {
    specs.add(new Spec(name + ".weight", List.of(dim)));
    specs.add(new Spec(name + ".bias", List.of(dim)));
  }

  private static void addLinear(List<Spec> specs, String name, int out, int in) {
    specs.add(new Spec(name + ".weight", List.of(out, in)));
    specs.add(new Spec(name + ".bias", List.of(out)));
  }

  /**
   * Weights for tests and benchmarks: layer norms at one, biases small, all else normal with a
   * spread that keeps activations near one through the layers.
   */
  public static EncoderWeights random(EncoderConfig config, long seed) {
    var random = new SplittableRandom(seed);
    Map<String, float[]> tensors = new LinkedHashMap<>();
    for (Spec spec : specs(config)) {
      float[] values = new float[Math.toIntExact(spec.size())];
      boolean norm = spec.name().contains("norm") && spec.name().endsWith("weight");
      double spread = spec.shape().size() == 2 ? 1 / Math.sqrt(spec.shape().get(1)) : 0.1;
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) ((norm ? 1 : 0) + spread * random.nextGaussian());
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

  /** All tensors in the order of the file; callers must not change them. */
  public Map<String, float[]> tensors() {
    return Collections.unmodifiableMap(tensors);
  }
}
