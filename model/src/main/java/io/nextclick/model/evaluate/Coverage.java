// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import java.util.Arrays;

/** Which items are among anyone's best k. Safe for any thread. */
final class Coverage {

  private static final int[] CUTOFFS = LeaveOneOut.CUTOFFS; // ascending
  private static final int LARGEST = CUTOFFS[CUTOFFS.length - 1];

  // (cutoffs, items); set to true only, so that threads need no lock.
  private final boolean[][] covered;

  Coverage(int items) {
    covered = new boolean[CUTOFFS.length][items];
  }

  /** Counts the best of one list in; items at minus infinity are not in it. */
  void add(float[] scores) {
    int[] best = best(scores);
    for (int place = 0; place < best.length; place++) {
      for (int cutoff = 0; cutoff < CUTOFFS.length; cutoff++) {
        if (place < CUTOFFS[cutoff]) {
          covered[cutoff][best[place]] = true;
        }
      }
    }
  }

  /** The best items, best first; of equals the first. */
  private static int[] best(float[] scores) {
    int[] best = new int[LARGEST];
    int length = 0;
    for (int item = 0; item < scores.length; item++) {
      float score = scores[item];
      boolean full = length == LARGEST;
      if (score == Float.NEGATIVE_INFINITY || (full && score <= scores[best[length - 1]])) {
        continue;
      }
      int place = full ? length - 1 : length++;
      while (place > 0 && scores[best[place - 1]] < score) {
        best[place] = best[place - 1];
        place--;
      }
      best[place] = item;
    }
    return Arrays.copyOf(best, length);
  }

  /** The share of all items that are among anyone's best at the given cut-off. */
  double share(int cutoff) {
    int count = 0;
    for (boolean item : covered[cutoff]) {
      count += item ? 1 : 0;
    }
    return (double) count / covered[cutoff].length;
  }
}
