// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.item.Item;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.ModelPart.StackedPart;
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
    sequences.forEachTimed((rows, known, done) -> {
      // What is not known is all one action, at one time.
      long[] times = Arrays.copyOf(known, rows.length);
      byte[] actions = Arrays.copyOf(done, rows.length);
      int[] own =
          recipe.objective().excludeOwn()
              ? Arrays.stream(rows).sorted().distinct().toArray()
              : Example.NONE;
      int end = rows.length - 1;
      for (int window = 0; window < recipe.objective().windows() && end > 0; window++) {
        int from = Math.max(0, end - recipe.encoder().maxHistory());
        examples.add(
            new Example(
                Arrays.copyOfRange(rows, from, end),
                Arrays.copyOfRange(actions, from, end),
                Arrays.copyOfRange(times, from, end),
                Arrays.copyOfRange(rows, from + 1, end + 1),
                own,
                Shown.NONE));
        end = from;
      }
    });
    return new TrainingData(vocabulary, table(sequences, recipe), examples);
  }

  /** What the log says of the items, for the parts that are trained on what comes next. */
  private static ItemTable table(ItemSequences sequences, Recipe recipe) {
    int size = sequences.vocabulary().size();
    ItemTable table = ItemTable.of(recipe.parts().ofNextItems(), size);
    boolean told = false;
    for (int row = 1; row <= size; row++) {
      Item item = sequences.item(row);
      if (item != null) {
        table.put(row, item);
        told |= !item.attributes().isEmpty();
      }
    }
    StackedPart graph = recipe.parts().get(StackedPart.class);
    boolean alike = graph != null && graph.alike();
    if (!told && (alike || recipe.encoder().reads().attributeBuckets() > 0)) {
      throw new IllegalArgumentException(
          (alike ? "graph.alike=true" : "attributes=on")
              + ": no item that is learnt from has an attribute; leave it off, or put item"
              + " events into the log");
    }
    return table;
  }
}
