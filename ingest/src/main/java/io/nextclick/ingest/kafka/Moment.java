// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * A moment by two clocks. What is counted from it is never too young: not when the wall clock is
 * set back, nor when the machine slept, which the other clock does not count.
 *
 * @param nanos of {@link System#nanoTime}
 * @param epochMillis of the wall clock
 */
public record Moment(long nanos, long epochMillis) {

  private static final long ROUND_UP = TimeUnit.MILLISECONDS.toNanos(1) - 1;

  /** Now. */
  public static Moment now(InstantSource clock) {
    return new Moment(System.nanoTime(), clock.millis());
  }

  /** Milliseconds from this moment to a later one, rounded up. */
  public long millisUntil(Moment later) {
    long ran = TimeUnit.NANOSECONDS.toMillis(later.nanos - nanos + ROUND_UP);
    return Math.max(0, Math.max(ran, later.epochMillis - epochMillis));
  }

  /** The earlier of two, so that ages are counted from the older one. */
  public static Moment earlier(Moment a, Moment b) {
    return a.nanos - b.nanos <= 0 ? a : b;
  }

  /** By the wall clock. */
  public Instant instant() {
    return Instant.ofEpochMilli(epochMillis);
  }
}
