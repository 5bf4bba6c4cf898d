// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import io.nextclick.model.retrieve.TopK;
import java.util.Arrays;
import java.util.function.IntPredicate;

/** The rows of a vocabulary, the most popular first; of equals, the lower row first. */
final class PopularityOrder {

  private final int[] rows; // (items,)

  /**
   * @param counts (items + 1,) by row
   */
  PopularityOrder(long[] counts) {
    long[] keys = new long[counts.length - 1];
    for (int row = 1; row < counts.length; row++) {
      // A count above 2^32 is as popular as one of 2^32: scores are floats and tell less.
      keys[row - 1] = Math.min(counts[row], 0xffffffffL) << 31 | (Integer.MAX_VALUE - row);
    }
    Arrays.sort(keys);
    rows = new int[keys.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Integer.MAX_VALUE - (int) (keys[keys.length - 1 - i] & Integer.MAX_VALUE);
    }
  }

  /** The score that a row gets for its popularity alone; the more popular, the higher or equal. */
  interface Score {
    float of(int row);
  }

  /** Offers rows in this order until none that follows can be among the best. */
  void offer(TopK best, Score score, IntPredicate accept) {
    for (int row : rows) {
      float value = score.of(row);
      if (value < best.floor()) {
        return;
      }
      best.offer(value, row, accept);
    }
  }
}
