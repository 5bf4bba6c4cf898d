// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A user's items, each to be followed by the next, in windows of what the model reads. */
final class NextItemExamples {

  private NextItemExamples() {}

  /**
   * The newest window of each user, then the one before, as many as the recipe has. Every item is
   * asked for once; a window knows nothing of the one before it.
   */
  static TrainingData of(ItemSequences sequences, Recipe recipe) {
    if (recipe.objective().windows() < 1) {
      throw new IllegalArgumentException(
          "windows=" + recipe.objective().windows() + " is not at least 1");
    }
    Vocabulary vocabulary = sequences.vocabulary();
    List<Example> examples = new ArrayList<>();
    sequences.forEach(rows -> {
      int[] own =
          recipe.objective().excludeOwn()
              ? Arrays.stream(rows).sorted().distinct().toArray()
              : Example.NONE;
      int end = rows.length - 1;
      for (int window = 0; window < recipe.objective().windows() && end > 0; window++) {
        int from = Math.max(0, end - recipe.encoder().maxHistory());
        examples.add(example(rows, from, end, own));
        end = from;
      }
    });
    ItemTable items = ItemTable.of(recipe.parts(), vocabulary.size());
    return new TrainingData(vocabulary, items, examples);
  }

  private static Example example(int[] rows, int from, int end, int[] own) {
    return new Example(
        Arrays.copyOfRange(rows, from, end),
        new byte[end - from],
        new long[end - from],
        Arrays.copyOfRange(rows, from + 1, end + 1),
        own,
        Shown.NONE);
  }
}
