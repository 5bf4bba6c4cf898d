// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.train.PackedBatch.Shown;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One example per user: the newest items, each to be followed by the next. */
final class NextItemExamples {

  private NextItemExamples() {}

  /**
   * @param maxHistory items that the model reads
   * @param excludeOwn whether a user's own items are no negatives
   */
  static TrainingData of(ItemSequences sequences, int maxHistory, boolean excludeOwn) {
    Vocabulary vocabulary = sequences.vocabulary();
    List<Example> examples = new ArrayList<>();
    sequences.forEach(rows -> {
      if (rows.length > 1) {
        examples.add(example(rows, maxHistory, excludeOwn));
      }
    });
    int[][] attributes = new int[vocabulary.size() + 1][0];
    return new TrainingData(vocabulary, attributes, examples);
  }

  private static Example example(int[] rows, int maxHistory, boolean excludeOwn) {
    int length = Math.min(rows.length - 1, maxHistory);
    int from = rows.length - 1 - length;
    int[] own = excludeOwn ? Arrays.stream(rows).sorted().distinct().toArray() : Example.NONE;
    return new Example(
        Arrays.copyOfRange(rows, from, from + length),
        new byte[length],
        new long[length],
        Arrays.copyOfRange(rows, from + 1, from + 1 + length),
        own,
        Shown.NONE);
  }
}
