// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import java.util.SplittableRandom;

/**
 * What the items before it on a page do to an item: interest fades with each of the same category,
 * and categories that go together, in pairs, lift each other.
 *
 * <p>Added to the log-odds of a click. It depends on which items stand before, not on their order.
 */
final class ListEffects {

  /** An item is clicked as if it stood alone. */
  static final ListEffects NONE = new ListEffects(new int[ShopCatalog.CATEGORIES], 0, 0);

  private static final double FADE = 0.7;
  private static final double LIFT = 0.8;
  private static final long STREAM = 0x5_1A7E; // the catalogue draws from the seed itself

  private final int[] partner; // (categories,) the other one of the pair
  private final double fade;
  private final double lift;

  private ListEffects(int[] partner, double fade, double lift) {
    this.partner = partner;
    this.fade = fade;
    this.lift = lift;
  }

  static ListEffects of(ShopSettings settings) {
    return settings.listEffects() ? new ListEffects(pairs(settings.seed()), FADE, LIFT) : NONE;
  }

  private static int[] pairs(long seed) {
    var random = new SplittableRandom(new SplittableRandom(seed ^ STREAM).nextLong());
    int[] order = new int[ShopCatalog.CATEGORIES];
    for (int i = 0; i < order.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    int[] partner = new int[order.length];
    for (int i = 0; i < order.length; i += 2) {
      partner[order[i]] = order[i + 1];
      partner[order[i + 1]] = order[i];
    }
    return partner;
  }

  /** The category that goes with this one on a page. */
  int partner(int category) {
    return partner[category];
  }

  /**
   * What is added to the log-odds of a click.
   *
   * @param before (categories,) how many items of each stand before it
   */
  double logOdds(int category, int[] before) {
    return (before[partner[category]] > 0 ? lift : 0) - fade * before[category];
  }

  /** The most that this can become, whatever else comes before it. */
  double most(int category, int[] before) {
    return lift - fade * before[category];
  }
}
