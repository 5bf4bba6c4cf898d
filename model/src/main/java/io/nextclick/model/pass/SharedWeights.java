// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.ModelPart.TrainedPart;
import io.nextclick.model.part.ModelPart.Training;
import io.nextclick.model.weights.Parameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What all passes of a step read.
 *
 * @param parameters the weights
 * @param items vectors of the items
 * @param layers the layers' weights
 * @param parts the parts beside them
 * @param table what the parts know of the items
 */
public record SharedWeights(
    EncoderConfig config,
    Parameters parameters,
    ItemVectors items,
    LayerWeights[] layers,
    List<TrainedPart> parts,
    ItemTable table) {

  /**
   * Of live weights.
   *
   * @param table what the parts know of the items
   */
  public static SharedWeights of(
      TrainingKernels kernels, EncoderConfig config, Parameters parameters, ItemTable table) {
    Training training = new Training(kernels, config, parameters, table);
    LayerWeights[] layers = new LayerWeights[config.layers()];
    for (int l = 0; l < layers.length; l++) {
      layers[l] = LayerWeights.of(kernels, config, parameters, l);
    }
    List<TrainedPart> parts = new ArrayList<>();
    for (ModelPart part : config.parts().all()) {
      TrainedPart trained = part.training(training);
      if (trained != null) {
        parts.add(trained);
      }
    }
    var items = new ItemVectors(training, table);
    return new SharedWeights(config, parameters, items, layers, parts, table);
  }

  /** Takes new weights in, of all items. */
  public void renew() {
    items.renewAll();
    for (LayerWeights layer : layers) {
      layer.renew();
    }
    parts.forEach(TrainedPart::renew);
  }

  /**
   * The weights that serving wants: the items' vectors with what the parts add in them, and what
   * the parts know of the items.
   */
  public EncoderWeights baked() {
    items.renewAll();
    Map<String, float[]> tensors = new LinkedHashMap<>(parameters.snapshot());
    int size = (items.items() + 1) * config.dim();
    tensors.put("item.embedding", Arrays.copyOf(items.vectors(), size));
    for (ModelPart part : config.parts().all()) {
      ItemTable.Facts facts = table.of(part);
      if (facts != null) {
        tensors.putAll(part.known(facts));
      }
    }
    return new EncoderWeights(config, tensors);
  }
}
