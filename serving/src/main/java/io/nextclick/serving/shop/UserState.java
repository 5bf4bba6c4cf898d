// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;

/** What decides how much each item is worth to a user now: tastes, and what was clicked. */
final class UserState {

  private static final double BASE = -2.6; // log-odds of a click on an item of no special worth
  private static final double MORE_OF_IT = 2.0;
  private static final double MOVE_ON = 2.4;
  private static final double COMPLEMENT = 2.2;
  private static final double CLICKED_BEFORE = -4.0;
  private static final double PRICE_FITS = 0.6;
  private static final double DECLARED = 1.2;
  private static final double HABIT = 4.0; // for a category that has all clicks
  private static final double FADING = 0.7; // of a click's part in the habit, per visit

  private final ShopCatalog catalog;
  private final Set<Integer> interests; // categories that the user declared
  private final int budget; // the price band that fits
  private final double[] habit; // (categories,) faded clicks
  private final int[] visitClicks; // (categories,)
  private final Set<Integer> clicked;
  private int last = -1; // the item clicked last, in this visit
  private int beforeLast = -1;

  UserState(ShopCatalog catalog, Set<Integer> interests, int budget) {
    this.catalog = catalog;
    this.interests = interests;
    this.budget = budget;
    habit = new double[ShopCatalog.CATEGORIES];
    visitClicks = new int[ShopCatalog.CATEGORIES];
    clicked = new LinkedHashSet<>();
  }

  private UserState(UserState other) {
    catalog = other.catalog;
    interests = other.interests;
    budget = other.budget;
    habit = other.habit.clone();
    visitClicks = other.visitClicks.clone();
    clicked = new LinkedHashSet<>(other.clicked);
    last = other.last;
    beforeLast = other.beforeLast;
  }

  /** As it is now, whatever is clicked later. */
  UserState copy() {
    return new UserState(this);
  }

  /** A new visit begins. */
  void visit() {
    last = -1;
    beforeLast = -1;
    for (int c = 0; c < habit.length; c++) {
      habit[c] = FADING * habit[c] + visitClicks[c];
      visitClicks[c] = 0;
    }
  }

  void click(int item) {
    clicked.add(item);
    visitClicks[catalog.category(item)]++;
    beforeLast = last;
    last = item;
  }

  /** The item clicked last, in this visit; -1 for none. */
  int last() {
    return last;
  }

  /** The log-odds of a click on an item that is looked at. */
  double worth(int item) {
    int category = catalog.category(item);
    double worth = BASE + catalog.appeal(item) + taste(category);
    worth += catalog.priceBand(item) == budget ? PRICE_FITS : 0;
    worth += clicked.contains(item) ? CLICKED_BEFORE : 0;
    if (last >= 0) {
      int lastCategory = catalog.category(last);
      boolean twice = beforeLast >= 0 && catalog.category(beforeLast) == lastCategory;
      if (!twice && category == lastCategory) {
        worth += MORE_OF_IT;
      }
      if (twice && category == ShopCatalog.complementCategory(lastCategory)) {
        worth += MOVE_ON;
      }
      worth += catalog.goesWith(last, item) ? COMPLEMENT : 0;
    }
    return worth;
  }

  private double taste(int category) {
    double share = habit[category] / (1 + Arrays.stream(habit).sum());
    return (interests.contains(category) ? DECLARED : 0) + HABIT * share;
  }
}
