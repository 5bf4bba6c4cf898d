// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import java.util.Arrays;

/** How much alike two candidates of a shortlist are. */
@FunctionalInterface
public interface Similarity {

  /** From 0 for nothing in common to 1 for the same; the same both ways. */
  double of(int a, int b);

  /**
   * The values that two candidates share, as a part of those that either has (Jaccard's index).
   * Candidates without values are like none.
   *
   * @param values (candidates,) numbers of the values that each has, ascending and distinct
   */
  static Similarity ofValues(int[][] values) {
    return (a, b) -> {
      int shared = 0;
      for (int value : values[a]) {
        if (Arrays.binarySearch(values[b], value) >= 0) {
          shared++;
        }
      }
      int either = values[a].length + values[b].length - shared;
      return either == 0 ? 0 : (double) shared / either;
    };
  }
}
