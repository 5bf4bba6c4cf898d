// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import io.nextclick.ingest.log.LogSort;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.LogSurvey;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.RefusedOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The events of a log file in the order in which they happened, from the beginning for every
 * iterator. Opening it looks through the whole log once; one that is out of order is sorted into a
 * temporary file, which goes when this is closed.
 *
 * <p>An iterator closes its file at the end of the log. Reading fails with {@link
 * UncheckedIOException}.
 */
final class EventLog implements Iterable<Event>, AutoCloseable {

  private final LogSurvey survey;
  private final long misplaced;
  private final @Nullable LogSort sorted;
  private final Path file;
  private @Nullable Lines open;
  private @Nullable List<Event> kept;

  private EventLog(Path file, LogSurvey survey, long misplaced, @Nullable LogSort sorted) {
    this.survey = survey;
    this.misplaced = misplaced;
    this.sorted = sorted;
    this.file = sorted == null ? file : sorted.file();
  }

  /**
   * Looks through a log.
   *
   * @param refused what to do with lines that are no events
   * @param err gets what was refused, and whether the log was sorted
   * @param listener hears of every event once, in the order of the file
   * @throws CommandFailed if it is no event log, or too much was refused
   */
  static EventLog open(Path file, RefusedOptions refused, PrintWriter err, Consumer<Event> listener)
      throws CommandFailed, IOException {
    Preflight.log(file);
    var order = new LogOrder();
    LogSurvey survey = LogSurvey.of(file, refused, err, order.andThen(listener));
    LogSort sorted = null;
    if (order.misplaced() > 0) {
      Path folder = Path.of(System.getProperty("java.io.tmpdir"));
      Preflight.space(folder, survey.bytes());
      sorted = LogSort.of(file, folder);
    }
    var log = new EventLog(file, survey, order.misplaced(), sorted);
    if (sorted != null) {
      err.println(file + ": " + log.notes().getLast());
      err.flush();
    }
    return log;
  }

  /** What was read, for the last words and for reports. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    notes.add(survey.summary());
    notes.addAll(survey.warnings());
    if (sorted != null) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%,d events stand behind later ones of their user or item: read in the order of their"
                  + " times, from a temporary file",
              misplaced));
    }
    return notes;
  }

  /** What the log holds. */
  LogSurvey survey() {
    return survey;
  }

  /** Whether the events come in another order than they stand in the file. */
  boolean isSorted() {
    return sorted != null;
  }

  /** The file that is in order. */
  Path file() {
    return file;
  }

  /**
   * Keeps the events in memory, where there is room for all of them: iterators then read no file.
   *
   * @param most bytes that they may take, about
   * @return what was done, in words
   */
  String keep(long most) {
    List<Event> events = new ArrayList<>();
    long bytes = 0;
    for (Event event : this) {
      bytes += bytes(event);
      if (bytes > most) {
        closeLines();
        return String.format(
            Locale.ROOT,
            "Every trial reads the log anew: its events take more than the %,d MB that they may",
            most >> 20);
      }
      events.add(event);
    }
    kept = List.copyOf(events);
    return String.format(
        Locale.ROOT,
        "The %,d events stay in memory for the trials: about %,d MB, of %,d that they may take",
        kept.size(),
        Math.ceilDiv(bytes, 1 << 20),
        most >> 20);
  }

  /** On the heap, rather too many. */
  private static long bytes(Event event) {
    long bytes = 160 + bytes(event.id()) + bytes(event.user()) + bytes(event.request());
    for (String item : event.items()) {
      bytes += bytes(item);
    }
    for (var field : event.context().entrySet()) {
      bytes += 64 + bytes(field.getKey()) + bytes(field.getValue());
    }
    for (var attribute : event.attributes().entrySet()) {
      bytes += 96 + bytes(attribute.getKey());
      for (String value : attribute.getValue()) {
        bytes += bytes(value);
      }
    }
    return bytes;
  }

  private static long bytes(@Nullable String text) {
    return text == null ? 0 : 56 + text.length();
  }

  /** Begins anew; an iterator from before is closed. */
  @Override
  public Iterator<Event> iterator() {
    closeLines();
    if (kept != null) {
      return kept.iterator();
    }
    open = new Lines();
    return open;
  }

  private void closeLines() {
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close() throws IOException {
    closeLines();
    if (sorted != null) {
      sorted.close();
    }
  }

  private final class Lines implements Iterator<Event> {

    private final EventLogReader reader;
    private @Nullable Event next;

    Lines() {
      try {
        reader = EventLogReader.open(file);
        advance();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public Event next() {
      Event event = next;
      if (event == null) {
        throw new NoSuchElementException();
      }
      try {
        advance();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return event;
    }

    private void advance() throws IOException {
      for (LogLine line = reader.next(); line != null; line = reader.next()) {
        if (line.decoded() instanceof Event event) {
          next = event;
          return;
        }
      }
      next = null;
      reader.close();
    }

    void close() {
      try {
        reader.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
