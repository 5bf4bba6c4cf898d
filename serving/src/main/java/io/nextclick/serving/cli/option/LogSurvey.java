// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import io.nextclick.ingest.log.RefusedRows;
import io.nextclick.ingest.log.TopicLogReader;
import io.nextclick.ingest.log.TopicRecord;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an event log, or a log of topics, holds: the first look of every command that reads one,
 * before anything is done with it. What is no event is counted and told, and fails the command when
 * it is too much.
 */
public final class LogSurvey {

  /** A made-up shop may lie ahead of this machine's clock; a wrong unit lies much further. */
  private static final Duration AHEAD = Duration.ofDays(3_650);

  private final PlausibleTimes plausible =
      new PlausibleTimes(PlausibleTimes.DEFAULT_EARLIEST, Instant.now().plus(AHEAD));
  private final String source;
  private final RefusedRows rows;
  private final Consumer<Event> listener;
  private long bytes;
  private long behaviours;
  private long first = Long.MAX_VALUE;
  private long last = Long.MIN_VALUE;
  private long implausible;
  private @Nullable String firstImplausible;

  private LogSurvey(String source, RefusedRows rows, Consumer<Event> listener) {
    this.source = source;
    this.rows = rows;
    this.listener = listener;
  }

  /**
   * Reads a log to its end.
   *
   * @param refused what to do with lines that are no events
   * @param err gets what was refused, and what looks wrong
   * @param listener hears of every event
   * @throws CommandFailed if nothing was read, or too much was refused
   */
  public static LogSurvey of(
      Path log, RefusedOptions refused, PrintWriter err, Consumer<Event> listener)
      throws CommandFailed, IOException {
    try (RefusedRows rows = refused.open();
        var progress = Progress.onTerminal("looked through %,d lines")) {
      var survey = new LogSurvey(String.valueOf(log.getFileName()), rows, listener);
      if (TopicLogReader.isTopicLog(log)) {
        survey.readTopics(log, progress);
      } else {
        survey.readEvents(log, progress);
      }
      progress.close();
      refused.check(rows, log.toString(), err);
      survey.warnings().forEach(warning -> err.println(log + ": " + warning));
      err.flush();
      return survey;
    }
  }

  private void readEvents(Path log, Progress progress) throws IOException {
    try (EventLogReader reader = EventLogReader.open(log)) {
      for (LogLine line = reader.next(); line != null; line = reader.next()) {
        take(line.number(), line.decoded(), line.value());
        progress.at(line.number());
      }
    }
  }

  private void readTopics(Path log, Progress progress) throws IOException {
    try (TopicLogReader reader = TopicLogReader.open(log)) {
      for (TopicRecord line = reader.next(); line != null; line = reader.next()) {
        takeRecord(reader.records(), line.record().decoded(), line.record().value());
        progress.at(reader.records());
      }
    }
  }

  /**
   * What was no event in the topic either is a sound line, it is quarantined again; so is a time
   * that the fold did not take.
   */
  private void takeRecord(long line, Decoded decoded, byte[] value) throws IOException {
    if (decoded instanceof RejectedEvent(var reason, _)
        && reason != RejectedEvent.Reason.BAD_TIME
        && value.length > 0) {
      take(line, decoded, value);
      return;
    }
    bytes += value.length + 1;
    rows.taken(source);
    if (decoded instanceof Event known) {
      if (known.kind() == Event.Kind.BEHAVIOUR) {
        time(line, known.timeMillis());
      }
      listener.accept(known);
    }
  }

  private void take(long line, Decoded decoded, byte[] value) throws IOException {
    bytes += value.length + 1;
    switch (decoded) {
      case RejectedEvent why -> rows.refuse(source, line, why.detail(), value);
      case Event event -> {
        if (event.kind() == Event.Kind.BEHAVIOUR) {
          if (FoldSettings.DEFAULT.actionCode(event.action()) < 0) {
            rows.refuse(source, line, unknown(event.action()), value);
            return;
          }
          time(line, event.timeMillis());
        }
        rows.taken(source);
        listener.accept(event);
      }
    }
  }

  private static String unknown(String action) {
    return "the action %s is none of %s".formatted(action, FoldSettings.DEFAULT.actions());
  }

  private void time(long line, long millis) {
    behaviours++;
    first = Math.min(first, millis);
    last = Math.max(last, millis);
    String fault = plausible.fault(millis);
    if (fault != null) {
      implausible++;
      if (firstImplausible == null) {
        firstImplausible = "line %d: %s".formatted(line, fault);
      }
    }
  }

  /** Good lines. */
  long events() {
    return rows.rowsTaken();
  }

  /** Lines that are no events. */
  public long refused() {
    return rows.rowsRefused();
  }

  /** Bytes of all lines, not compressed. */
  public long bytes() {
    return bytes;
  }

  /** How much of what time was read, such as {@code 1,234 events of 2026-10-01 to 2026-10-28}. */
  public String summary() {
    String dates =
        behaviours == 0
            ? ""
            : day(first).equals(day(last))
                ? " of " + day(first)
                : " of %s to %s".formatted(day(first), day(last));
    String refusals =
        refused() == 0 ? "" : String.format(Locale.ROOT, "; %,d lines refused", refused());
    return String.format(Locale.ROOT, "%,d events%s%s", events(), dates, refusals);
  }

  /** What looks wrong, and yet was read. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (implausible > 0) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%s of %,d times cannot be right, first %s%s",
              implausible == behaviours ? "all" : String.format(Locale.ROOT, "%,d", implausible),
              behaviours,
              firstImplausible,
              "; a time is epoch milliseconds or ISO-8601"));
    }
    return warnings;
  }

  private static LocalDate day(long millis) {
    return Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC).toLocalDate();
  }
}
