// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import static java.util.Objects.requireNonNull;

import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.ModelPart.Training;
import io.nextclick.model.pass.SharedWeights;
import io.nextclick.model.weights.Parameters;
import io.nextclick.model.weights.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A decoder's own vectors of items, in training: they begin as the encoder's and are made as these
 * are, of a row and what parts such as attributes add, so that what is learnt of one item is learnt
 * of those like it. The encoder's are made to say what a user wants; which items are of one kind
 * they tell only in part.
 */
final class DecoderItems {

  private static final String ITEMS = "item.embedding";

  private final TrainingKernels kernels;
  private final SharedWeights encoder;
  private final List<Tensor> tables = new ArrayList<>(); // of the parts

  DecoderItems(TrainingKernels kernels, SharedWeights encoder) {
    this.kernels = kernels;
    this.encoder = encoder;
    Training training = training(encoder.parameters());
    for (ModelPart part : encoder.config().parts().all()) {
      ItemTable.Facts facts = encoder.table().of(part);
      if (facts != null && part.itemStep(training, facts) != null) {
        tables.addAll(part.tensors(encoder.config()));
      }
    }
  }

  private Training training(Parameters parameters) {
    return new Training(kernels, encoder.config(), parameters, encoder.table());
  }

  /** All weights of a decoder in training. */
  Parameters initial(DecoderConfig config, double spread, long seed) {
    List<Tensor> all = new ArrayList<>(config.tensors());
    all.addAll(tables);
    Parameters parameters = Parameters.initial(all, spread, seed);
    Map<String, Integer> sizes = new HashMap<>(encoder.parameters().sizes());
    sizes.keySet().retainAll(names());
    sizes.forEach((name, size) ->
        System.arraycopy(encoder.parameters().get(name), 0, parameters.get(name), 0, size));
    return parameters;
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(List.of(ITEMS));
    tables.forEach(table -> names.add(table.name()));
    return names;
  }

  /** The vectors that live weights make. */
  ItemVectors vectors(Parameters parameters) {
    ItemVectors vectors = new ItemVectors(training(parameters), encoder.table());
    vectors.renewAll();
    return vectors;
  }

  /** The weights that serving wants, with the vectors in them. */
  Map<String, float[]> baked(Parameters parameters) {
    Map<String, float[]> tensors = parameters.snapshot();
    tables.forEach(table -> tensors.remove(table.name()));
    float[] made = vectors(parameters).vectors();
    tensors.put(ITEMS, Arrays.copyOf(made, requireNonNull(parameters.sizes().get(ITEMS))));
    return tensors;
  }
}
