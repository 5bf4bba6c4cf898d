// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.mapping.EventMapping.TimeUnit;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads times of records of another shape. */
final class MappedTime {

  /** ISO-8601, also with a space for the T, and with offsets as +0100, UTC or none. */
  private static final DateTimeFormatter ISO =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendPattern("['T'][' ']")
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .appendPattern("[' ']")
          .optionalStart()
          .appendOffset("+HH:MM", "Z")
          .optionalEnd()
          .optionalStart()
          .appendOffset("+HHMM", "UTC")
          .optionalEnd()
          .toFormatter(Locale.ROOT);

  private static final Pattern NUMBER = Pattern.compile("\\d{1,19}(\\.\\d{1,20})?");

  private final TimeUnit unit;
  private final @Nullable ZoneId zone;
  private final PlausibleTimes times;

  MappedTime(TimeUnit unit, @Nullable String zone, PlausibleTimes times) {
    this.times = times;
    this.unit = unit;
    this.zone = zone == null ? null : ZoneId.of(zone);
  }

  /** Says why a value is no time. */
  static final class NoTime extends Exception {
    private static final long serialVersionUID = 1;

    NoTime(String reason) {
      super(reason, null, false, false);
    }

    /** The reason, in words that follow the name of the time. */
    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /** Epoch milliseconds. */
  long millis(JsonNode value) throws NoTime {
    long millis = unit == TimeUnit.ISO ? ofIso(value) : ofNumber(value);
    if (!times.contains(millis)) {
      throw new NoTime(
          "is read as %s and lies outside %s to %s"
              .formatted(unit.name().toLowerCase(Locale.ROOT), times.earliest(), times.latest()));
    }
    return millis;
  }

  private long ofNumber(JsonNode value) throws NoTime {
    String text = value.isNumber() ? value.asText() : value.isTextual() ? value.textValue() : "";
    if (value.isNumber() && !value.isIntegralNumber()) {
      return scaled(value.doubleValue());
    }
    if (!NUMBER.matcher(text).matches()) {
      throw new NoTime(
          "is no number of " + unit.name().toLowerCase(Locale.ROOT) + "; for text, timeUnit: iso");
    }
    return scaled(Double.parseDouble(text));
  }

  /** A double holds microseconds exactly until the year 2255. */
  private long scaled(double number) {
    return switch (unit) {
      case SECONDS -> Math.round(number * 1_000);
      case MICROS -> (long) Math.floor(number / 1_000);
      case MILLIS, ISO -> (long) Math.floor(number);
    };
  }

  private long ofIso(JsonNode value) throws NoTime {
    if (!value.isTextual()) {
      throw new NoTime("is no ISO-8601 text; for numbers, timeUnit: seconds, millis or micros");
    }
    try {
      TemporalAccessor time =
          ISO.parseBest(value.textValue(), OffsetDateTime::from, LocalDateTime::from);
      if (time instanceof OffsetDateTime exact) {
        return exact.toInstant().toEpochMilli();
      }
      if (zone == null) {
        throw new NoTime("has no offset such as Z or +01:00; timeZone says which is meant");
      }
      return LocalDateTime.from(time).atZone(zone).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new NoTime("is not ISO-8601 such as 2026-11-22T10:00:00.123Z");
    }
  }
}
