// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.weights.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What places whole pages: a decoder, and the encoder that it reads. That encoder began as the
 * model's and was trained on with the decoder, so that it says what an item is worth where nothing
 * stands before it; the model's own says what it is worth on pages as they usually are.
 *
 * @param decoder of the same width and items as the encoder
 */
public record PageWeights(DecoderWeights decoder, EncoderWeights encoder) {

  private static final String ENCODER = "encoder.";

  /**
   * The encoder that goes with a model's: without what is fitted when all else has been trained.
   *
   * @param model the encoder that answers by itself
   */
  public static EncoderConfig encoder(EncoderConfig model) {
    return model.fitted(model.items(), model.parts().trained());
  }

  /**
   * What a file of them consists of: the decoder's tensors, and the encoder's after a prefix.
   *
   * @param model the encoder that answers by itself
   */
  public static List<Tensor> declared(DecoderConfig decoder, EncoderConfig model) {
    List<Tensor> declared = new ArrayList<>(decoder.tensors());
    for (Tensor tensor : encoder(model).tensors()) {
      declared.add(
          new Tensor(
              ENCODER + tensor.name(),
              tensor.shape(),
              tensor.first(),
              tensor.decay(),
              tensor.perItem()));
    }
    return declared;
  }

  /**
   * Of the tensors of such a file.
   *
   * @throws IllegalArgumentException if a tensor is missing, left over, of another size, or not
   *     finite; the message names it
   */
  public static PageWeights of(
      DecoderConfig decoder, EncoderConfig model, Map<String, float[]> tensors) {
    Map<String, float[]> ofDecoder = new LinkedHashMap<>();
    Map<String, float[]> ofEncoder = new LinkedHashMap<>();
    tensors.forEach((name, values) -> {
      if (name.startsWith(ENCODER)) {
        ofEncoder.put(name.substring(ENCODER.length()), values);
      } else {
        ofDecoder.put(name, values);
      }
    });
    return new PageWeights(
        new DecoderWeights(decoder, ofDecoder), new EncoderWeights(encoder(model), ofEncoder));
  }

  /** All tensors by the name in the file. */
  public Map<String, float[]> tensors() {
    Map<String, float[]> tensors = new LinkedHashMap<>(decoder.tensors());
    encoder.tensors().forEach((name, values) -> tensors.put(ENCODER + name, values));
    return tensors;
  }
}
