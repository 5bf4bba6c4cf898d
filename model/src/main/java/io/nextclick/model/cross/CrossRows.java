// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.cross;

import java.util.Arrays;

/** Which rows of its tables a cross reads: the same in training and in serving. */
public final class CrossRows {

  /** Rows of the hour of the day. */
  public static final int HOURS = 24;

  /** Rows of an item's age, in doublings of a day. */
  public static final int AGES = 16;

  /** Rows of how often an item was acted on. */
  public static final int REPEATS = 4;

  private static final int[] NONE = {};

  private CrossRows() {}

  /** The row of an hour, counted from any midnight. */
  public static int hour(int hour) {
    return Math.floorMod(hour, HOURS);
  }

  /** The row of an item's age. */
  public static int age(int hour, int since) {
    int days = (int) Math.clamp(((long) hour - since) / HOURS, 0L, 1L << AGES);
    return Math.min(Integer.SIZE - Integer.numberOfLeadingZeros(days), AGES - 1);
  }

  /** The row of an item acted on so often, at least once. */
  public static int repeat(int times) {
    return Math.min(times, REPEATS) - 1;
  }

  /**
   * The rows of (3 values, values) for the values of the item acted on last in the visit and of the
   * one before: those of the newest alone, then those of both, then those of the one before alone.
   *
   * @param newest different values; empty if there is no such item
   * @param previous likewise
   */
  public static int[] last(int[] newest, int[] previous, int values) {
    if (newest.length + previous.length == 0) {
      return NONE;
    }
    int[] rows = new int[newest.length + previous.length];
    int count = 0;
    for (int v : newest) {
      rows[count++] = has(previous, v) ? values + v : v;
    }
    for (int w : previous) {
      if (!has(newest, w)) {
        rows[count++] = 2 * values + w;
      }
    }
    return Arrays.copyOf(rows, count);
  }

  private static boolean has(int[] values, int value) {
    for (int v : values) {
      if (v == value) {
        return true;
      }
    }
    return false;
  }
}
