// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.pass.SharedWeights;
import io.nextclick.model.weights.Parameters;
import io.nextclick.model.weights.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An encoder that was trained, as passes over batches read it: what a decoder's begins as. */
record TrainedEncoder(EncoderConfig config, SharedWeights shared) {

  private static final String ITEMS = "item.embedding";

  /**
   * Of a model's weights.
   *
   * @param table what the parts know of the items
   */
  static TrainedEncoder of(TrainingKernels kernels, EncoderWeights weights, ItemTable table) {
    EncoderConfig config = PageWeights.encoder(weights.config());
    List<Tensor> tensors = config.tensors();
    Map<String, float[]> values = new LinkedHashMap<>();
    tensors.forEach(tensor -> values.put(tensor.name(), weights.get(tensor.name())));
    Parameters parameters = Parameters.of(tensors, values);
    SharedWeights shared = SharedWeights.of(kernels, config, parameters, table);
    shared.renew();
    takePartsOut(parameters.get(ITEMS), shared.items().vectors(), weights.get(ITEMS).length);
    shared.renew();
    return new TrainedEncoder(config, shared);
  }

  /** The same of other weights, which begin as these. */
  SharedWeights like(TrainingKernels kernels, Parameters parameters) {
    return SharedWeights.of(kernels, config, parameters, shared.table());
  }

  /** A copy of the weights. */
  Parameters copy() {
    return Parameters.of(shared.parameters().tensors(), shared.parameters().snapshot());
  }

  /**
   * A model's item vectors have what its parts add to them, and passes add it once more: so that
   * the sum is right, it is taken out of what they begin with.
   */
  private static void takePartsOut(float[] embedding, float[] withPartsTwice, int size) {
    for (int i = 0; i < size; i++) {
      embedding[i] -= withPartsTwice[i] - embedding[i];
    }
  }
}
