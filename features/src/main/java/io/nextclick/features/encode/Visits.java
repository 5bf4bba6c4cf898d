// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

/**
 * Which visit each entry of a history belongs to: a pause of half an hour begins a new one, as web
 * analytics count them. Part of every trained model: must not change.
 */
public final class Visits {

  private Visits() {}

  /**
   * Numbers the visits from 0.
   *
   * @param times (length,) epoch milliseconds, not decreasing
   * @return (length,) the visit of each
   */
  public static int[] of(long[] times) {
    int[] visits = new int[times.length];
    for (int t = 1; t < times.length; t++) {
      visits[t] = visits[t - 1] + (begin(times[t - 1], times[t]) ? 1 : 0);
    }
    return visits;
  }

  /** Whether what happens at {@code millis} begins a visit, after an event at {@code before}. */
  public static boolean begin(long before, long millis) {
    return millis - before > RequestFields.VISIT_MILLIS;
  }
}
