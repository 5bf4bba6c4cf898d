// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import io.nextclick.model.train.Recipe;
import java.util.Map;

/**
 * How much of a whole training a trial is.
 *
 * @param users share of the users, 1 for all
 * @param epochs share of the recipe's epochs, 1 for all
 */
public record TrialSize(double users, double epochs) {

  /** A whole training. */
  public static final TrialSize WHOLE = new TrialSize(1, 1);

  private static final int LEAST_EPOCHS = 2;
  private static final int LEAST_USERS = 2_000; // fewer tell hardly any recipes apart

  /** From whole trainings down to what still tells recipes apart. */
  static final TrialSize[] SIZES = {
    WHOLE,
    new TrialSize(1, 0.5),
    new TrialSize(0.5, 0.5),
    new TrialSize(0.25, 0.5),
    new TrialSize(0.1, 0.5),
    new TrialSize(0.05, 0.5)
  };

  /** Whether so many users are enough to be divided. */
  boolean suits(long of) {
    return users == 1 || users * of >= LEAST_USERS;
  }

  /** What it costs, beside a whole training. */
  double cost() {
    return users * epochs;
  }

  /** The recipe with the epochs of such a trial. */
  Recipe of(Recipe recipe) {
    int whole = recipe.optimizer().epochs();
    int shorter = Math.max(Math.min(whole, LEAST_EPOCHS), (int) Math.round(whole * epochs));
    return recipe.with(Map.of("epochs", String.valueOf(shorter)));
  }
}
