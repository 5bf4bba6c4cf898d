// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.pass.Dropout;
import java.util.List;

/**
 * What a model is trained on, in memory.
 *
 * @param vocabulary the items with a row of their own
 * @param items what the parts of the model know of the items
 * @param examples one or more per user
 */
public record TrainingData(Vocabulary vocabulary, ItemTable items, List<Example> examples) {

  /** Bytes on the heap, about. */
  long bytes() {
    long bytes = 0;
    for (Example example : examples) {
      bytes += example.bytes();
    }
    return bytes + items.bytes();
  }

  /** How often each row is a target: (items + 1). */
  int[] targetCounts() {
    int[] counts = new int[vocabulary.size() + 1];
    for (Example example : examples) {
      for (int target : example.targets()) {
        counts[target]++;
      }
    }
    return counts;
  }

  /** Tells other data from this. */
  long fingerprint() {
    long hash = vocabulary.ids().hashCode();
    for (Example example : examples) {
      for (int t = 0; t < example.length(); t++) {
        hash = Dropout.mix(hash + example.items()[t] + ((long) example.targets()[t] << 32));
        hash = Dropout.mix(hash + example.times()[t] + example.actions()[t]);
      }
      for (int i = 0; i < example.shown().count(); i++) {
        hash = Dropout.mix(hash + example.shown().items()[i]);
        hash = Dropout.mix(hash + Float.floatToIntBits(example.shown().labels()[i]));
        hash = Dropout.mix(hash + Float.floatToIntBits(example.shown().weights()[i]));
        for (float field : example.shown().fields()[i]) {
          hash = Dropout.mix(hash + Float.floatToIntBits(field));
        }
        for (int bucket : example.shown().context()[i]) {
          hash = Dropout.mix(hash + bucket);
        }
      }
    }
    hash = Dropout.mix(hash + items.fingerprint());
    return hash;
  }
}
