// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import java.util.Locale;

/**
 * How far a run is.
 *
 * @param users ranked or rejected since it began
 * @param pairs pairs of user and item that were scored
 * @param seconds since it began
 * @param done the part of the input that is done, from 0 to 1
 * @param secondsLeft at the pace so far; negative while that is unknown
 */
public record BatchProgress(
    long users, long pairs, double seconds, double done, double secondsLeft) {

  public double usersPerSecond() {
    return users / Math.max(1e-9, seconds);
  }

  public double pairsPerSecond() {
    return pairs / Math.max(1e-9, seconds);
  }

  /** For somebody who waits. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%3.0f %%  %,d users, %,.0f users/s, %,.0f pairs/s%s",
        100 * done,
        users,
        usersPerSecond(),
        pairsPerSecond(),
        secondsLeft < 0 ? "" : String.format(Locale.ROOT, ", %,.0f s left", secondsLeft));
  }

  /** Adds up tasks. Not for several threads. */
  static final class Counter {

    private final long start = System.nanoTime();
    private double doneAtFirst = -1; // what an earlier run did
    private long users;
    private long pairs;

    BatchProgress add(BatchTask.Done task, double done) {
      users += task.rows();
      pairs += task.pairs();
      double seconds = (System.nanoTime() - start) / 1e9;
      if (doneAtFirst < 0) {
        doneAtFirst = done;
      }
      double part = done - doneAtFirst;
      return new BatchProgress(
          users, pairs, seconds, done, part <= 0 ? -1 : seconds * (1 - done) / part);
    }
  }
}
