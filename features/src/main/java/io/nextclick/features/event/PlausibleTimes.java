// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The range of times that behaviour events may have: what lies outside was most likely written in
 * another unit than it was read in, and would fall into 1970 or far ahead. Every reader of events
 * has one: importers from their options, the topic and HTTP from the settings of the fold, readers
 * of log files the default.
 *
 * @param earliest the first time that is taken, in whole milliseconds
 * @param latest the last one
 */
public record PlausibleTimes(Instant earliest, Instant latest) {

  /** The first time that is taken where the user names none: older than any public data set. */
  public static final Instant DEFAULT_EARLIEST = Instant.parse("1990-01-01T00:00:00Z");

  /** Every time that an event can have, in any unit: judges nothing. */
  public static final PlausibleTimes EVER =
      new PlausibleTimes(Instant.EPOCH, Instant.parse("9999-12-31T23:59:59.999Z"));

  /** Fixed, because a fold must not depend on the clock. */
  public static final PlausibleTimes DEFAULT =
      new PlausibleTimes(DEFAULT_EARLIEST, Instant.parse("2100-01-01T00:00:00Z"));

  /** How far ahead of the clock a time may lie where the user names no latest time. */
  public static final Duration DEFAULT_AHEAD = Duration.ofDays(1);

  /** Every unit of epoch numbers in use, the most likely first. */
  private static final TimeUnit[] UNITS = {
    TimeUnit.SECONDS, TimeUnit.MILLISECONDS, TimeUnit.MICROSECONDS, TimeUnit.NANOSECONDS
  };

  public PlausibleTimes {
    earliest = earliest.truncatedTo(ChronoUnit.MILLIS);
    latest = latest.truncatedTo(ChronoUnit.MILLIS);
    if (earliest.isAfter(latest)) {
      throw new IllegalArgumentException(
          "the earliest time, " + earliest + ", is after the latest, " + latest);
    }
  }

  /** From {@link #DEFAULT_EARLIEST} to {@link #DEFAULT_AHEAD} after {@code now}. */
  public static PlausibleTimes asOf(Instant now) {
    return new PlausibleTimes(DEFAULT_EARLIEST, now.plus(DEFAULT_AHEAD));
  }

  /**
   * A bound, as options and settings give it.
   *
   * @param text a day, for its first instant in UTC, or a time with an offset
   * @throws IllegalArgumentException if it is neither; the message follows the name of the option
   */
  public static Instant bound(String text) {
    try {
      return text.length() == 10
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          text + " is neither a day such as 2020-01-31 nor 2020-01-31T12:00:00Z", e);
    }
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
