// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The range of times that behaviour events may have: what lies outside was most likely written in
 * another unit than it was read in, and would fall into 1970 or far ahead.
 *
 * @param earliest the first time that is taken
 * @param latest the last one
 */
public record PlausibleTimes(Instant earliest, Instant latest) {

  /** The first time that is taken where the user names none: older than any public data set. */
  public static final Instant DEFAULT_EARLIEST = Instant.parse("1990-01-01T00:00:00Z");

  /** How far ahead of the clock a time may lie where the user names no latest time. */
  public static final Duration DEFAULT_AHEAD = Duration.ofDays(1);

  /** Every unit of epoch numbers in use, the most likely first. */
  private static final TimeUnit[] UNITS = {
    TimeUnit.SECONDS, TimeUnit.MILLISECONDS, TimeUnit.MICROSECONDS, TimeUnit.NANOSECONDS
  };

  public PlausibleTimes {
    if (earliest.isAfter(latest)) {
      throw new IllegalArgumentException(
          "the earliest time, " + earliest + ", is after the latest, " + latest);
    }
  }

  /** From {@link #DEFAULT_EARLIEST} to {@link #DEFAULT_AHEAD} after {@code now}. */
  public static PlausibleTimes asOf(Instant now) {
    return new PlausibleTimes(DEFAULT_EARLIEST, now.plus(DEFAULT_AHEAD));
  }

  /** Whether a time, in epoch milliseconds, is taken. */
  public boolean contains(long timeMillis) {
    return timeMillis >= earliest.toEpochMilli() && timeMillis <= latest.toEpochMilli();
  }

  /**
   * Why a time is not taken; null if it is. The same words for all times at one side.
   *
   * @param timeMillis epoch milliseconds
   */
  public @Nullable String fault(long timeMillis) {
    if (contains(timeMillis)) {
      return null;
    }
    return timeMillis < earliest.toEpochMilli()
        ? "the time is before " + earliest
        : "the time is after " + latest;
  }

  /**
   * The unit in which an epoch number would be a plausible time; empty if there is none.
   *
   * @param number as it was written, such as 1700000000 for seconds
   */
  public Optional<TimeUnit> unitOf(long number) {
    for (TimeUnit unit : UNITS) {
      if (contains(unit.toMillis(number))) {
        return Optional.of(unit);
      }
    }
    return Optional.empty();
  }
}
