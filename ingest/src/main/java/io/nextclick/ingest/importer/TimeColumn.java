// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.PlausibleTimes;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How a column of times is written: as epoch numbers of a unit, or as text of one of several
 * formats.
 */
public final class TimeColumn {

  /** What {@code --time-unit} takes. */
  public enum Unit {
    /** ISO-8601 with an offset, such as {@code 2026-11-22T10:00:00Z}. */
    ISO(null),
    /** Seconds since 1970-01-01. */
    SECONDS(TimeUnit.SECONDS),
    /** Milliseconds since 1970-01-01. */
    MILLIS(TimeUnit.MILLISECONDS),
    /** Microseconds since 1970-01-01. */
    MICROS(TimeUnit.MICROSECONDS),
    /** Nanoseconds since 1970-01-01. */
    NANOS(TimeUnit.NANOSECONDS);

    private final @Nullable TimeUnit unit;

    Unit(@Nullable TimeUnit unit) {
      this.unit = unit;
    }
  }

  /** A time that is not taken; without a stack trace, because bad rows are an everyday case. */
  static final class NoTimeException extends Exception {

    private static final long serialVersionUID = 1;

    private final @Nullable TimeUnit likely;

    NoTimeException(String message, @Nullable TimeUnit likely) {
      super(
          likely == null
              ? message
              : message + "; it looks like " + likely.name().toLowerCase(Locale.ROOT),
          null,
          false,
          false);
      this.likely = likely;
    }

    /** The option that reads the time; empty if none is known. */
    String option() {
      for (Unit unit : Unit.values()) {
        if (likely != null && unit.unit == likely) {
          return ": --time-unit=" + unit.name().toLowerCase(Locale.ROOT);
        }
      }
      return "";
    }
  }

  private static final DateTimeFormatter ISO =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendPattern("['T'][' ']")
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .appendPattern("[XXX][XX][X]")
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  /** Milliseconds since 1970. */
  static final TimeColumn EPOCH_MILLIS = of(Unit.MILLIS, ZoneOffset.UTC);

  private final String name;
  private final @Nullable TimeUnit unit;
  private final List<DateTimeFormatter> formats;
  private final @Nullable ZoneId zone;

  private TimeColumn(
      String name,
      @Nullable TimeUnit unit,
      List<DateTimeFormatter> formats,
      @Nullable ZoneId zone) {
    this.name = name;
    this.unit = unit;
    this.formats = formats;
    this.zone = zone;
  }

  /**
   * Times of a unit.
   *
   * @param zone of ISO times without an offset; null to refuse them
   */
  public static TimeColumn of(Unit unit, @Nullable ZoneId zone) {
    return new TimeColumn(
        unit.name(), unit.unit, unit == Unit.ISO ? List.of(ISO) : List.of(), zone);
  }

  /**
   * Times as text.
   *
   * @param patterns of {@link DateTimeFormatter}, in English; the first that fits holds
   * @param zone of times without an offset or zone; null for UTC
   * @throws IllegalArgumentException if one is no pattern
   */
  public static TimeColumn of(List<String> patterns, @Nullable ZoneId zone) {
    return new TimeColumn(
        patterns.toString(),
        null,
        patterns.stream().map(TimeColumn::format).toList(),
        zone == null ? ZoneOffset.UTC : zone);
  }

  private static DateTimeFormatter format(String pattern) {
    try {
      return new DateTimeFormatterBuilder()
          .parseCaseInsensitive()
          .appendPattern(pattern)
          .parseDefaulting(ChronoField.ERA, 1) // so that yyyy is a year
          .toFormatter(Locale.ENGLISH)
          .withResolverStyle(ResolverStyle.STRICT); // else 31 April becomes 30 April
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'%s' is no pattern of times, such as 'yyyy-MM-dd HH:mm:ss': %s"
              .formatted(pattern, e.getMessage()),
          e);
    }
  }

  /**
   * Epoch milliseconds.
   *
   * @param text the cell
   * @param times what is taken
   * @throws NoTimeException if the text is no such time, or none that is plausible
   */
  long read(String text, PlausibleTimes times) throws NoTimeException {
    String cell = text.strip();
    if (unit == null) {
      return plausible(parse(cell, times), times, null);
    }
    long number;
    try {
      number = Long.parseLong(cell);
    } catch (NumberFormatException e) {
      throw new NoTimeException(
          "no time in " + name + (cell.isEmpty() ? ": it is empty" : fractional(cell)), null);
    }
    return plausible(unit.toMillis(number), times, likely(cell, times));
  }

  private static String fractional(String cell) {
    return cell.matches("-?\\d+[.,]\\d+") ? ": it is no whole number" : "";
  }

  private static long plausible(long millis, PlausibleTimes times, @Nullable TimeUnit likely)
      throws NoTimeException {
    String fault = times.fault(millis);
    if (fault != null) {
      throw new NoTimeException(likely == null ? fault + " (--earliest, --latest)" : fault, likely);
    }
    return millis;
  }

  /** The unit in which a cell is a plausible time; null if there is none. */
  private static @Nullable TimeUnit likely(String cell, PlausibleTimes times) {
    return cell.matches("\\d{1,18}|1\\d{18}")
        ? times.unitOf(Long.parseLong(cell)).orElse(null)
        : null;
  }

  private long parse(String cell, PlausibleTimes times) throws NoTimeException {
    for (DateTimeFormatter format : formats) {
      try {
        return millis(
            format.parseBest(cell, ZonedDateTime::from, LocalDateTime::from, LocalDate::from));
      } catch (DateTimeException e) {
        // the next one may fit
      }
    }
    throw new NoTimeException("no time in " + name, likely(cell, times));
  }

  private long millis(TemporalAccessor time) throws NoTimeException {
    return switch (time) {
      case ZonedDateTime zoned -> zoned.toInstant().toEpochMilli();
      case LocalDateTime local -> instant(local).toEpochMilli();
      case LocalDate day -> instant(day.atStartOfDay()).toEpochMilli();
      default -> throw new AssertionError(time);
    };
  }

  /** Of an hour that comes twice when clocks go back, the first. */
  private Instant instant(LocalDateTime local) throws NoTimeException {
    if (zone == null) {
      throw new NoTimeException("the time has no offset: --time-zone says where it was", null);
    }
    if (zone.getRules().getValidOffsets(local).isEmpty()) {
      throw new NoTimeException("no such time in " + zone + ": the clocks went forward", null);
    }
    return local.atZone(zone).toInstant();
  }
}
