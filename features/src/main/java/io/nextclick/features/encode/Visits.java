// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import io.nextclick.features.sequence.FoldSettings;

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

  /**
   * How many visits ago the entries of a request's history were.
   *
   * @return (length,) 0 for the visit that the request belongs to, 1 for the one before
   */
  public static int[] ago(EncodedRequest request) {
    long[] times = request.historyTimes();
    int[] ago = of(times);
    int newest = times.length - 1;
    if (newest >= 0) {
      int present = ago[newest] + (begin(times[newest], request.timeMillis()) ? 1 : 0);
      for (int t = 0; t <= newest; t++) {
        ago[t] = present - ago[t];
      }
    }
    return ago;
  }

  /** The newest entry of the request's visit that is more than shown; -1 if there is none. */
  public static int newest(EncodedRequest request) {
    long[] times = request.historyTimes();
    long after = request.timeMillis();
    for (int t = times.length - 1; t >= 0 && !begin(times[t], after); t--) {
      if (request.historyActions()[t] != FoldSettings.IMPRESSION) {
        return t;
      }
      after = times[t];
    }
    return -1;
  }
}
