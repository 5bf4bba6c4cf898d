// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import java.util.concurrent.TimeUnit;

/**
 * The time after which an answer is of no use.
 *
 * @param nanos a value of {@link System#nanoTime}
 */
public record Deadline(long nanos) {

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
