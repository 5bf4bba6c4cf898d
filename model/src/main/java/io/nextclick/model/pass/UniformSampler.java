// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/** All items alike. */
public final class UniformSampler implements NegativeSampler {

  private final int items;
  private final int negatives;

  /**
   * @param items of the catalogue
   * @param negatives drawn, 1 to the number of items less one
   */
  public UniformSampler(int items, int negatives) {
    if (negatives < 1 || negatives >= items) {
      throw new IllegalArgumentException("negatives=%d, items=%d".formatted(negatives, items));
    }
    this.items = items;
    this.negatives = negatives;
  }

  @Override
  public int most() {
    return negatives;
  }

  @Override
  public int draw(SplittableRandom random, int[] rows, float[] shifts) {
    Arrays.fill(shifts, (float) -Math.log(negatives / (items - 1.0)));
    if (negatives * 4L > items) {
      int[] all = new int[items];
      Arrays.setAll(all, i -> i + 1);
      for (int i = 0; i < negatives; i++) {
        int j = i + random.nextInt(all.length - i);
        int drawn = all[j];
        all[j] = all[i];
        all[i] = drawn;
        rows[i] = drawn;
      }
    } else {
      Set<Integer> drawn = HashSet.newHashSet(negatives);
      for (int i = 0; i < negatives; ) {
        int row = 1 + random.nextInt(items);
        if (drawn.add(row)) {
          rows[i++] = row;
        }
      }
    }
    return negatives;
  }
}
