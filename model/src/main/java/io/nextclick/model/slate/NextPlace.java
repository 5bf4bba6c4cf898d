// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import java.util.Arrays;

/** What every candidate is worth at the next place of a page. Its arrays are used again. */
final class NextPlace {

  private final double[] values; // (candidates,)
  private final Limits limits;
  private final double[] probabilities; // (candidates,) of a click at this place
  private final double[] worth; // (candidates,) value times probability

  NextPlace(double[] values, Limits limits) {
    for (int candidate = 0; candidate < values.length; candidate++) {
      if (!(values[candidate] >= 0 && values[candidate] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "value of candidate %d: %s, must be a number from 0"
                .formatted(candidate, values[candidate]));
      }
    }
    this.values = values;
    this.limits = limits;
    this.probabilities = new double[values.length];
    this.worth = new double[values.length];
  }

  /** Looks at the place that comes after {@code prefix}, on which these are placed. */
  void after(Prefix prefix, int[] placed, int size) {
    prefix.probabilities(probabilities);
    Arrays.fill(worth, 0);
    for (int place = 0; place < size; place++) {
      worth[placed[place]] = -1;
    }
    for (int candidate = 0; candidate < worth.length; candidate++) {
      if (worth[candidate] < 0 || !limits.allows(placed, size, candidate)) {
        worth[candidate] = -1;
      } else {
        double probability = requireProbability(probabilities[candidate], candidate, size);
        worth[candidate] = values[candidate] * probability;
      }
    }
  }

  /** Value times probability, from 0; -1 for a candidate that cannot stand here. */
  double worth(int candidate) {
    return worth[candidate];
  }

  double probability(int candidate) {
    return probabilities[candidate];
  }

  /** The candidate that is worth most; -1 if none can stand here. */
  int best() {
    int best = -1;
    for (int candidate = 0; candidate < worth.length; candidate++) {
      if (worth[candidate] > (best < 0 ? -1 : worth[best])) {
        best = candidate;
      }
    }
    return best;
  }

  /** Takes a candidate off this place. */
  void leaveOut(int candidate) {
    worth[candidate] = -1;
  }

  static double requireProbability(double probability, int candidate, int place) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalStateException(
          "probability of candidate %d at place %d: %s".formatted(candidate, place, probability));
    }
    return probability;
  }

  static Prefix requireEmpty(Prefix prefix) {
    if (prefix.size() != 0) {
      throw new IllegalArgumentException(
          "a page begins with nothing placed, not with " + prefix.size());
    }
    return prefix;
  }
}
