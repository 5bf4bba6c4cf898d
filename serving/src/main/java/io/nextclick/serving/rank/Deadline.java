// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import java.util.concurrent.TimeUnit;

/**
 * The time after which an answer is of no use.
 *
 * @param nanos a value of {@link System#nanoTime}
 */
public record Deadline(long nanos) {

  /** Far enough for anything: for what nobody waits for. */
  static Deadline none() {
    return new Deadline(System.nanoTime() + Long.MAX_VALUE / 2);
  }

  /** {@code millis} after {@code startNanos}, a value of {@link System#nanoTime}. */
  public static Deadline after(long startNanos, long millis) {
    return new Deadline(startNanos + TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /** The time left; negative once it has passed. */
  public long remainingNanos() {
    return nanos - System.nanoTime();
  }

  /** Whether it has passed. */
  public boolean passed() {
    return remainingNanos() < 0;
  }
}
