// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import io.nextclick.model.slate.BoundedPrefix;
import java.util.List;

/**
 * The true click probabilities of every page that a user could have been shown at one moment. Does
 * not change; safe for any thread, its prefixes for one each.
 */
public final class PageTruth {

  private final ShopCatalog catalog;
  private final ListEffects effects;
  private final UserState user;

  /**
   * @param user as it is at that moment; not to be changed while this is used
   */
  PageTruth(ShopCatalog catalog, ListEffects effects, UserState user) {
    this.catalog = catalog;
    this.effects = effects;
    this.user = user;
  }

  /**
   * A page on which nothing is placed yet.
   *
   * @param shortlist ids of the items that may be placed
   * @throws IllegalArgumentException if the shop has no such item
   */
  public BoundedPrefix empty(List<String> shortlist) {
    return empty(shortlist.stream().mapToInt(catalog::number).toArray());
  }

  private BoundedPrefix empty(int[] items) {
    double[] worth = new double[items.length];
    int[] categories = new int[items.length];
    for (int i = 0; i < items.length; i++) {
      worth[i] = user.worth(items[i]);
      categories[i] = catalog.category(items[i]);
    }
    return new TruePrefix(effects, worth, categories, 0, new int[ShopCatalog.CATEGORIES]);
  }

  /** The click probability of each of these items on the page that they make in this order. */
  double[] page(int[] items) {
    double[] probabilities = new double[items.length];
    int[] before = new int[ShopCatalog.CATEGORIES];
    for (int place = 0; place < items.length; place++) {
      int category = catalog.category(items[place]);
      double worth = user.worth(items[place]) + effects.logOdds(category, before);
      probabilities[place] = looked(place) * sigmoid(worth);
      before[category]++;
    }
    return probabilities;
  }

  /** The same of the user as it is now, whatever is clicked later. */
  PageTruth copy() {
    return new PageTruth(catalog, effects, user.copy());
  }

  /** The chance that place {@code place}, from 0, is looked at. */
  private static double looked(int place) {
    return 1 / (1 + 0.15 * place);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /**
   * A page of the shop in the making.
   *
   * @param worth (shortlist,) log-odds of a click on an item that is looked at and stands alone
   * @param categories (shortlist,)
   * @param before (categories,) how many items of each are placed
   */
  private record TruePrefix(
      ListEffects effects, double[] worth, int[] categories, int size, int[] before)
      implements BoundedPrefix {

    @Override
    public void probabilities(double[] into) {
      double looked = looked(size);
      for (int i = 0; i < worth.length; i++) {
        into[i] = looked * sigmoid(worth[i] + effects.logOdds(categories[i], before));
      }
    }

    @Override
    public double attention(int place) {
      return looked(place);
    }

    @Override
    public void most(double[] into) {
      for (int i = 0; i < worth.length; i++) {
        into[i] = sigmoid(worth[i] + effects.most(categories[i], before));
      }
    }

    @Override
    public TruePrefix then(int candidate) {
      int[] more = before.clone();
      more[categories[candidate]]++;
      return new TruePrefix(effects, worth, categories, size + 1, more);
    }
  }
}
