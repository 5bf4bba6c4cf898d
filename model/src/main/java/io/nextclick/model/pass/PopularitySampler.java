// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * Popular items more often: by a power of how often each is a target, from an alias table (Walker,
 * ACM TOMS 3(3), 1977, built as Vose's, IEEE TSE 17(9), 1991).
 *
 * <p>A number of draws with replacement, of which each item is kept once: so an item is among them
 * with probability {@code 1 - (1 - q)^draws}, which the popular ones nearly always are, and then
 * count as what they are.
 */
public final class PopularitySampler implements NegativeSampler {

  private final int draws;
  private final double[] kept; // (items) how likely a place stands for its own item
  private final int[] alias; // (items) the place that it stands for otherwise
  private final float[] shifts; // (items)

  /**
   * @param counts (items + 1) how often each row is a target; row 0 is none
   * @param power of the counts, 0 to 1
   * @param draws with replacement
   */
  public PopularitySampler(int[] counts, double power, int draws) {
    if (draws < 1 || !(power >= 0 && power <= 1)) {
      throw new IllegalArgumentException("draws=%d, power=%s".formatted(draws, power));
    }
    this.draws = draws;
    int items = counts.length - 1;
    double[] share = new double[items];
    // One more, so that an item that is never a target can be a negative.
    Arrays.setAll(share, i -> Math.pow(counts[i + 1] + 1.0, power));
    double sum = Arrays.stream(share).sum();
    Arrays.setAll(share, i -> share[i] / sum);
    this.shifts = new float[items];
    for (int i = 0; i < items; i++) {
      shifts[i] = (float) -Math.log(-Math.expm1(draws * Math.log1p(-share[i])));
    }
    this.kept = new double[items];
    this.alias = new int[items];
    fill(share);
  }

  private void fill(double[] share) {
    int items = share.length;
    int[] places = new int[items]; // the small ones from the left, the large ones from the right
    int small = 0;
    int large = items;
    for (int i = 0; i < items; i++) {
      kept[i] = share[i] * items;
      if (kept[i] < 1) {
        places[small++] = i;
      } else {
        places[--large] = i;
      }
    }
    while (small > 0 && large < items) {
      int poor = places[--small];
      int rich = places[large];
      alias[poor] = rich;
      kept[rich] -= 1 - kept[poor];
      if (kept[rich] < 1) {
        large++;
        places[small++] = rich;
      }
    }
    // What is left is 1 but for rounding.
    for (int i = 0; i < small; i++) {
      kept[places[i]] = 1;
    }
    for (int i = large; i < items; i++) {
      kept[places[i]] = 1;
    }
  }

  @Override
  public int most() {
    return Math.min(draws, kept.length);
  }

  @Override
  public int draw(SplittableRandom random, int[] rows, float[] shiftOf) {
    var drawn = new BitSet(kept.length);
    int count = 0;
    for (int d = 0; d < draws; d++) {
      int place = random.nextInt(kept.length);
      int item = random.nextDouble() < kept[place] ? place : alias[place];
      if (!drawn.get(item)) {
        drawn.set(item);
        rows[count] = item + 1;
        shiftOf[count++] = shifts[item];
      }
    }
    return count;
  }
}
