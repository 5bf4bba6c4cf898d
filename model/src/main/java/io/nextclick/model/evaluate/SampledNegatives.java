// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The random items of SASRec's protocol (Kang and McAuley, "Self-attentive sequential
 * recommendation", 2018): drawn uniformly with replacement, none of the user's training part.
 *
 * <p>Anything else may be drawn: the validation item, an item twice, even the target. Where no more
 * than {@code count} items are left to draw, each of them stands once.
 *
 * @param seed of all draws; each user has a stream of its own
 * @param count items per user, such as 100
 */
record SampledNegatives(long seed, int count) {

  /**
   * Draws for one user.
   *
   * @param user number of the user
   * @param items rows 1 to {@code items} are drawn from
   * @param train rows that are not drawn
   * @return (count,) rows, or all that the training part leaves
   */
  int[] draw(int user, int items, int[] train) {
    int[] excluded = Arrays.stream(train).distinct().sorted().toArray();
    if (items - excluded.length <= count) {
      return IntStream.rangeClosed(1, items)
          .filter(row -> Arrays.binarySearch(excluded, row) < 0)
          .toArray();
    }
    // Mixed twice: streams from neighbouring seeds would be the same one, shifted.
    long base = new SplittableRandom(seed).nextLong();
    SplittableRandom random = new SplittableRandom(new SplittableRandom(base + user).nextLong());
    int[] drawn = new int[count];
    for (int i = 0; i < count; ) {
      int row = 1 + random.nextInt(items);
      if (Arrays.binarySearch(excluded, row) < 0) {
        drawn[i++] = row;
      }
    }
    return drawn;
  }

  /**
   * The rank of the target, whose score comes first, among the drawn items. Ties and what is no
   * number count against it, but not the target itself drawn again.
   */
  static int rank(float[] scores, int[] drawn, int target) {
    int rank = 1;
    for (int i = 0; i < drawn.length; i++) {
      rank += drawn[i] == target || scores[i + 1] < scores[0] ? 0 : 1;
    }
    return rank;
  }
}
