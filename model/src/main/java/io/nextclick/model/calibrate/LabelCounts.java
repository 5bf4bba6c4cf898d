// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

/**
 * How many rows were clicked and how many were not: a statistic that compares the two needs some of
 * both.
 */
public record LabelCounts(long clicks, long others) {

  /** Counts. */
  public static LabelCounts of(boolean[] clicked) {
    long clicks = 0;
    for (boolean click : clicked) {
      clicks += click ? 1 : 0;
    }
    return new LabelCounts(clicks, clicked.length - clicks);
  }

  /** All rows. */
  public long rows() {
    return clicks + others;
  }

  /** Whether there are at least so many of each kind. */
  public boolean hasEach(long least) {
    return Math.min(clicks, others) >= least;
  }
}
