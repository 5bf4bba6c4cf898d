// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import java.util.Arrays;

/**
 * How often each of a few items occurs.
 *
 * @param rows distinct, ascending
 * @param counts of each
 */
public record ItemCounts(int[] rows, int[] counts) {

  /** Of the first {@code length} rows, which are sorted in place. */
  static ItemCounts of(int[] items, int length) {
    Arrays.sort(items, 0, length);
    int[] rows = new int[length];
    int[] counts = new int[length];
    int distinct = 0;
    for (int i = 0; i < length; i++) {
      if (i == 0 || items[i] != items[i - 1]) {
        rows[distinct++] = items[i];
      }
      counts[distinct - 1]++;
    }
    return new ItemCounts(Arrays.copyOf(rows, distinct), Arrays.copyOf(counts, distinct));
  }

  /** How often a row occurs. */
  public int of(int row) {
    int found = Arrays.binarySearch(rows, row);
    return found < 0 ? 0 : counts[found];
  }
}
