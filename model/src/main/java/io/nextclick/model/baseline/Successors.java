// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import java.util.Arrays;
import java.util.List;

/**
 * What tables of successors say of items, after the items acted on last: sparse sums, one per table
 * and item.
 *
 * @param rows of the items that get something, ascending; never row 0
 * @param sums (tables)(rows,)
 */
public record Successors(int[] rows, double[][] sums) {

  /** What an item further back counts less. */
  public static final double DECAY = 0.8;

  /**
   * Sums up.
   *
   * @param last rows, newest first
   * @param tables all with as many items
   */
  public static Successors of(int[] last, List<TransitionGraph.Table> tables) {
    int most = last.length * tables.stream().mapToInt(TransitionGraph.Table::width).sum();
    long[] keys = new long[most]; // row, then which entry: sums run in a fixed order
    double[] values = new double[most];
    int[] ofTable = new int[most];
    int length = 0;
    for (int table = 0; table < tables.size(); table++) {
      TransitionGraph.Table each = tables.get(table);
      double decay = 1;
      for (int from : last) {
        for (int i = from * each.width(); i < (from + 1) * each.width(); i++) {
          if (each.items()[i] != 0) {
            keys[length] = (long) each.items()[i] << 32 | length;
            ofTable[length] = table;
            values[length++] = decay * each.values()[i];
          }
        }
        decay *= DECAY;
      }
    }
    Arrays.sort(keys, 0, length);
    int[] rows = new int[length];
    double[][] sums = new double[tables.size()][length];
    int distinct = 0;
    for (int i = 0; i < length; i++) {
      int row = (int) (keys[i] >>> 32);
      if (distinct == 0 || rows[distinct - 1] != row) {
        rows[distinct++] = row;
      }
      int entry = (int) keys[i];
      sums[ofTable[entry]][distinct - 1] += values[entry];
    }
    for (int table = 0; table < sums.length; table++) {
      sums[table] = Arrays.copyOf(sums[table], distinct);
    }
    return new Successors(Arrays.copyOf(rows, distinct), sums);
  }

  /** Whether anything is said of an item. */
  public boolean has(int row) {
    return Arrays.binarySearch(rows, row) >= 0;
  }

  /** A table's sum for an item; 0 if it says nothing. */
  public double of(int table, int row) {
    int found = Arrays.binarySearch(rows, row);
    return found < 0 ? 0 : sums[table][found];
  }
}
