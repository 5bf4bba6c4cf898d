// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.cross;

/**
 * Which share of what a user acted on has each value: {@code sum w / (1 + sum w)} of the entries
 * with the value to all entries, for three weights of an entry {@code k} visits ago.
 */
public final class CrossShares {

  /** Ways to weigh: in this visit alone; in earlier visits, fading fast; likewise, slowly. */
  public static final int SPEEDS = 3;

  /** What a visit leaves of the weight of those before it; 0 for this visit alone. */
  private static final double[] FADING = {0, 0.7, 0.97};

  private final int values;
  private final double[] sums; // (SPEEDS, values + 1) the last of each: entries without a value
  private final double[] totals = new double[SPEEDS];
  private final double[] weights = new double[SPEEDS];
  private int ago = -1;

  /** None yet. */
  public CrossShares(int values) {
    this.values = values;
    this.sums = new double[SPEEDS * (values + 1)];
  }

  /** The weight of an entry. */
  public static double weight(int speed, int visitsAgo) {
    if (speed == 0) {
      return visitsAgo == 0 ? 1 : 0;
    }
    return visitsAgo == 0 ? 0 : Math.pow(FADING[speed], visitsAgo - 1);
  }

  /** Begins an entry that was acted on. */
  public void begin(int visitsAgo) {
    for (int speed = 0; speed < SPEEDS; speed++) {
      if (visitsAgo != ago) {
        weights[speed] = weight(speed, visitsAgo);
      }
      totals[speed] += weights[speed];
    }
    ago = visitsAgo;
  }

  /** A value of that entry; the number of all values stands for none. */
  public void add(int value) {
    for (int speed = 0; speed < SPEEDS; speed++) {
      sums[speed * (values + 1) + value] += weights[speed];
    }
  }

  /** The share of a value. */
  public float of(int speed, int value) {
    return (float) (sums[speed * (values + 1) + value] / (1 + totals[speed]));
  }
}
