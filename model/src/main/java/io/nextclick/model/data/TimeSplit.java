// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.data;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

/**
 * Train first, validate after it, test last: a split of impressions by their day.
 *
 * <p>The day is the context field {@value Impression#DATE} ({@code yyyymmdd}) where an impression
 * has one, else the day of its time.
 *
 * @param trainUntil last day of the training part
 * @param testFrom first day of the test part; the days between are for validation
 * @param zone in which a time has its day
 */
public record TimeSplit(LocalDate trainUntil, LocalDate testFrom, ZoneId zone) {

  /** The name on the command line and in reports. */
  public static final String NAME = "time-split";

  /** What an impression is for. */
  public enum Part {
    TRAIN,
    VALIDATION,
    TEST
  }

  public TimeSplit {
    if (!testFrom.isAfter(trainUntil)) {
      throw new IllegalArgumentException(
          "the test part begins %s, but training ends after it, %s"
              .formatted(testFrom, trainUntil));
    }
  }

  /**
   * The part of an impression.
   *
   * @throws IllegalArgumentException if its date is none
   */
  public Part part(Impression impression) {
    LocalDate day = day(impression);
    if (!day.isAfter(trainUntil)) {
      return Part.TRAIN;
    }
    return day.isBefore(testFrom) ? Part.VALIDATION : Part.TEST;
  }

  /** The day of an impression. */
  public LocalDate day(Impression impression) {
    String date = impression.event().context().get(Impression.DATE);
    if (date == null) {
      return Instant.ofEpochMilli(impression.timeMillis()).atZone(zone).toLocalDate();
    }
    try {
      return LocalDate.parse(date, DateTimeFormatter.BASIC_ISO_DATE);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "impression %s: context %s=%s is no day such as 20220425"
              .formatted(impression.event().id(), Impression.DATE, date),
          e);
    }
  }

  /** The end of the training part, epoch milliseconds, exclusive. */
  public long trainEndMillis() {
    return trainUntil.plusDays(1).atStartOfDay(zone).toInstant().toEpochMilli();
  }
}
