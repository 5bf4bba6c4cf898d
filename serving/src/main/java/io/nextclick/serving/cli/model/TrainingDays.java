// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.event.Event;
import io.nextclick.model.data.Impression;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.serving.cli.option.CommandFailed;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How many impressions a log has on each day, to split it where nobody said how.
 *
 * @param impressions of all days, with a request id
 * @param days impressions by day
 */
public record TrainingDays(long impressions, TreeMap<LocalDate, Long> days, ZoneId zone) {

  /** The share of the impressions that the last days are to hold, if days are that short. */
  private static final double HELD_OUT = 0.2;

  /** Of a log in memory. */
  public static TrainingDays of(Iterable<Event> log, ZoneId zone) {
    var count = new Count(zone);
    log.forEach(count);
    return count.days();
  }

  /** Counts the impressions that it hears of. */
  static final class Count implements Consumer<Event> {

    private final ZoneId zone;
    private final TreeMap<LocalDate, Long> days = new TreeMap<>();

    Count(ZoneId zone) {
      this.zone = zone;
    }

    /**
     * Takes an event.
     *
     * @throws IllegalArgumentException if an impression's date is none
     */
    @Override
    public void accept(Event event) {
      if (event.action().equals(Impressions.IMPRESSION) && event.request() != null) {
        days.merge(day(event, zone), 1L, Long::sum);
      }
    }

    TrainingDays days() {
      long impressions = days.values().stream().mapToLong(Long::longValue).sum();
      return new TrainingDays(impressions, days, zone);
    }
  }

  private static LocalDate day(Event event, ZoneId zone) {
    String date = event.context().get(Impression.DATE);
    try {
      return date == null
          ? Instant.ofEpochMilli(event.timeMillis()).atZone(zone).toLocalDate()
          : LocalDate.parse(date, DateTimeFormatter.BASIC_ISO_DATE);
    } catch (java.time.format.DateTimeParseException e) {
      throw new IllegalArgumentException(
          "impression %s: context %s=%s is no day such as 20220425"
              .formatted(event.id(), Impression.DATE, date),
          e);
    }
  }

  /**
   * Train, validate, test: as told, else with the last days, holding about a fifth, for validation,
   * and nothing kept for a test.
   *
   * @param until last day of training, or null
   * @param test first day of the test, or null
   */
  public TimeSplit split(@Nullable LocalDate until, @Nullable LocalDate test) throws CommandFailed {
    if (days.size() < 2) {
      throw new CommandFailed(
          "the log has impressions of %d day(s): at least one is needed to train and one to validate; take a longer log, or train with --preset=next-item"
              .formatted(days.size()));
    }
    LocalDate from = test == null ? days.lastKey().plusDays(1) : test;
    LocalDate last = until;
    if (last == null) {
      Map<LocalDate, Long> before = days.headMap(from, false);
      double enough = (1 - HELD_OUT) * before.values().stream().mapToLong(Long::longValue).sum();
      long sum = 0;
      for (Map.Entry<LocalDate, Long> day : before.entrySet()) {
        sum += day.getValue();
        if (last == null || sum <= enough) {
          last = day.getKey();
        }
      }
    }
    if (last == null) {
      throw new CommandFailed("the log has no impressions before " + from);
    }
    return new TimeSplit(last, from, zone);
  }
}
