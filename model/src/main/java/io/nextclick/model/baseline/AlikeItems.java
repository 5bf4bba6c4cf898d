// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import io.nextclick.features.item.Item;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which items share values of attributes: to another item goes, of each value that both have, its
 * share of what users wanted of that value, so that few items of a rare value say more than many of
 * a common one. An item that nobody wanted yet counts as if one had.
 *
 * <p>Bounded: of a value so many items are looked at, the most frequent ones.
 */
final class AlikeItems {

  private static final int MEMBERS = 256;

  /** An attribute's value. */
  private record Value(String name, String value) {}

  /**
   * The items of a value.
   *
   * @param rows the most frequent first
   * @param total of all their counts
   */
  private record Members(List<Integer> rows, double total) {}

  private final ItemSequences sequences;
  private final float[] counts; // (items + 1,)
  private final Map<Value, Members> members = new HashMap<>();

  private AlikeItems(ItemSequences sequences, float[] counts) {
    this.sequences = sequences;
    this.counts = counts;
  }

  /**
   * A table of them.
   *
   * @param counts (items + 1,) how often each was wanted
   * @param successors kept per item
   */
  static TransitionGraph.Table table(ItemSequences sequences, float[] counts, int successors) {
    var alike = new AlikeItems(sequences, counts);
    alike.group();
    var table = new TransitionGraph.Table(counts.length, successors);
    var sums = new SparseSums(counts.length);
    for (int row = 1; row < counts.length; row++) {
      alike.add(row, sums);
      TransitionGraph.put(sums, row, table);
    }
    return table;
  }

  private void group() {
    Map<Value, List<Integer>> rows = new HashMap<>();
    for (int row = 1; row < counts.length; row++) {
      for (Value value : values(row)) {
        rows.computeIfAbsent(value, v -> new ArrayList<>(1)).add(row);
      }
    }
    rows.forEach((value, all) -> {
      if (all.size() > 1) {
        double total = all.stream().mapToDouble(this::count).sum();
        all.sort(Comparator.comparingDouble((Integer row) -> -count(row)));
        members.put(
            value, new Members(List.copyOf(all.subList(0, Math.min(MEMBERS, all.size()))), total));
      }
    });
  }

  private double count(int row) {
    return 1.0 + counts[row];
  }

  private List<Value> values(int row) {
    Item item = sequences.item(row);
    List<Value> values = new ArrayList<>();
    if (item != null) {
      item.attributes()
          .forEach((name, of) -> of.forEach(value -> values.add(new Value(name, value))));
    }
    // A map has no order, and sums of floats have: the same bytes need one.
    values.sort(Comparator.comparing(Value::name).thenComparing(Value::value));
    return values.stream().distinct().toList();
  }

  private void add(int row, SparseSums sums) {
    for (Value value : values(row)) {
      Members of = members.get(value);
      if (of != null) {
        for (int other : of.rows) {
          if (other != row) {
            sums.add(other, count(other) / of.total);
          }
        }
      }
    }
  }
}
