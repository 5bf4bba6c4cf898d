// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.access;

import io.dropwizard.util.Duration;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A time to come: so long from now, such as {@code 90d}, or the end of a day, {@code 2027-06-30},
 * in UTC.
 */
record Expiry(Instant at) {

  /** Reads one. */
  static final class Converter implements ITypeConverter<Expiry> {
    @Override
    public Expiry convert(String text) {
      Instant now = Instant.now();
      Instant at = text.contains("-") ? endOf(text) : now.plus(parse(text).toJavaDuration());
      if (!at.isAfter(now)) {
        throw new TypeConversionException("%s is over already".formatted(text));
      }
      return new Expiry(at);
    }
  }

  static Duration parse(String text) {
    try {
      Duration time = Duration.parse(text);
      if (time.toDays() > 36_500) {
        throw new TypeConversionException(text + " is too long; take 36500d at most");
      }
      return time;
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(
          "%s is no time; take one such as 90d or 12h, or a day such as 2027-06-30"
              .formatted(text));
    }
  }

  private static Instant endOf(String day) {
    try {
      return LocalDate.parse(day).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeException e) {
      throw new TypeConversionException(
          "%s is no day; take one such as 2027-06-30, or a time such as 90d".formatted(day));
    }
  }
}
