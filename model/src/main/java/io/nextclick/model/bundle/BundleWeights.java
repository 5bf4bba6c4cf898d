// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.weights.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Weights whose names and shapes are exactly those of a configuration. */
final class BundleWeights {

  private BundleWeights() {}

  static EncoderWeights encoder(Path path, byte[] bytes, EncoderConfig config) {
    return read(path, bytes, config.tensors(), values -> new EncoderWeights(config, values));
  }

  static PageWeights pages(Path path, byte[] bytes, DecoderConfig config, EncoderConfig model) {
    return read(
        path,
        bytes,
        PageWeights.declared(config, model),
        values -> PageWeights.of(config, model, values));
  }

  private static <T> T read(
      Path path, byte[] bytes, List<Tensor> declared, Function<Map<String, float[]>, T> weights) {
    Map<String, Safetensors.Tensor> tensors = Safetensors.parse(path, bytes);
    Map<String, float[]> values = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> values.put(name, tensor.values()));
    for (Tensor spec : declared) {
      Safetensors.Tensor tensor = tensors.get(spec.name());
      if (tensor != null && !tensor.shape().equals(spec.shape())) {
        throw new MalformedBundleException(
            path,
            spec.name(),
            "has shape " + tensor.shape() + ", but the architecture needs " + spec.shape());
      }
    }
    try {
      return weights.apply(values);
    } catch (IllegalArgumentException e) {
      throw new MalformedBundleException(path, "", String.valueOf(e.getMessage()));
    }
  }
}
