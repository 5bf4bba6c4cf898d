// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.cross;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The values of every item with a row, and since when it is there. */
public final class CrossedItems {

  /** Nothing. */
  public static final int[] NO_VALUES = {};

  private static final long HOUR_MILLIS = 3_600_000;
  private static final int MOST_HOURS = 1 << 24; // floats tell them apart up to here
  private static final float NONE = -1;

  private final int most;
  private final int none;
  private final int[] values; // (items + 1, most)
  private final int[][] different; // (items + 1) the same without those that stand for none
  private final int[] since; // (items + 1)

  /**
   * Of a table (items + 1, most + 1): the values of an item, each once, and the hour since 1970
   * when it was first told of; -1 for none.
   *
   * @param none how many values there are: what stands for none of them
   */
  public CrossedItems(float[] table, int most, int none) {
    int rows = table.length / (most + 1);
    this.most = most;
    this.none = none;
    this.values = new int[rows * most];
    this.different = new int[rows][];
    this.since = new int[rows];
    for (int row = 0; row < rows; row++) {
      int at = row * (most + 1);
      int[] own = new int[most];
      int count = 0;
      for (int k = 0; k < most; k++) {
        int value = Math.round(table[at + k]);
        boolean known = value >= 0 && value < none && !has(own, count, value);
        values[row * most + k] = known ? value : none;
        if (known) {
          own[count++] = value;
        }
      }
      different[row] = count == 0 ? NO_VALUES : Arrays.copyOf(own, count);
      int hour = Math.round(table[at + most]);
      since[row] = hour >= 0 && hour <= MOST_HOURS ? hour : -1;
    }
  }

  private static boolean has(int[] values, int count, int value) {
    for (int i = 0; i < count; i++) {
      if (values[i] == value) {
        return true;
      }
    }
    return false;
  }

  /**
   * The table of some items.
   *
   * @param items (items + 1) attributes of each
   * @param times (items + 1) when each was first told of, epoch milliseconds; 0 for never
   */
  public static float[] table(
      CrossedValues crossed, int most, List<Map<String, List<String>>> items, long[] times) {
    Map<String, Map<String, Integer>> numbers = crossed.numbers();
    float[] table = new float[items.size() * (most + 1)];
    Arrays.fill(table, NONE);
    for (int row = 0; row < items.size(); row++) {
      int at = row * (most + 1);
      List<Integer> own = crossed.of(items.get(row), numbers);
      for (int k = 0; k < Math.min(most, own.size()); k++) {
        table[at + k] = own.get(k);
      }
      long hour = times[row] / HOUR_MILLIS;
      table[at + most] = times[row] > 0 && hour <= MOST_HOURS ? hour : NONE;
    }
    return table;
  }

  /** How many values the item with the most has, at least 1. */
  public static int most(CrossedValues crossed, List<Map<String, List<String>>> items) {
    Map<String, Map<String, Integer>> numbers = crossed.numbers();
    int most = 1;
    for (Map<String, List<String>> item : items) {
      most = Math.max(most, crossed.of(item, numbers).size());
    }
    return Math.min(most, CrossedValues.MOST_OF_ITEM);
  }

  /** The values of an item, each once. */
  public int[] values(int row) {
    return different[row];
  }

  /** The first hour of an item, since 1970; -1 if it is not known. */
  public int since(int row) {
    return since[row];
  }

  /** The sum over the values of an item. */
  float sum(int row, float[] ofValues) {
    float sum = 0;
    for (int k = row * most; k < (row + 1) * most; k++) {
      sum += ofValues[values[k]];
    }
    return sum;
  }

  /** (items + 2, most) for a graph: the last row, which -1 picks, has none. */
  public float[] padded() {
    float[] padded = new float[values.length + most];
    Arrays.fill(padded, none);
    for (int i = 0; i < values.length; i++) {
      padded[i] = values[i];
    }
    return padded;
  }

  /** (items + 1) for a graph. */
  public float[] hours() {
    float[] hours = new float[since.length];
    for (int row = 0; row < hours.length; row++) {
      hours[row] = since[row];
    }
    return hours;
  }
}
