// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.Vocabulary;
import java.util.List;

/**
 * What a model is trained on, in memory.
 *
 * @param vocabulary the items with a row of their own
 * @param attributes (items + 1) attribute buckets of each item; none for row 0
 * @param examples one or more per user
 */
record TrainingData(Vocabulary vocabulary, int[][] attributes, List<Example> examples) {

  /** Bytes on the heap, about. */
  long bytes() {
    long bytes = 0;
    for (Example example : examples) {
      bytes += example.bytes();
    }
    for (int[] buckets : attributes) {
      bytes += 16 + 4L * buckets.length;
    }
    return bytes;
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
        for (int bucket : example.shown().context()[i]) {
          hash = Dropout.mix(hash + bucket);
        }
      }
    }
    for (int[] buckets : attributes) {
      hash = Dropout.mix(hash + java.util.Arrays.hashCode(buckets));
    }
    return hash;
  }
}
