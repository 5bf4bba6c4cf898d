// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The events of a log file, line by line, from the beginning for every iterator; lines that are no
 * events are passed over and counted.
 *
 * <p>An iterator closes its file at the end of the log. Reading fails with {@link
 * UncheckedIOException}.
 */
final class EventLog implements Iterable<Event>, AutoCloseable {

  private final Path file;
  private @Nullable Lines open;
  private long rejected;

  EventLog(Path file) {
    this.file = file;
  }

  /** Begins anew; an iterator from before is closed. */
  @Override
  public Iterator<Event> iterator() {
    close();
    rejected = 0;
    open = new Lines();
    return open;
  }

  /** Lines that the last iterator found to be no events. */
  long rejected() {
    return rejected;
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
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
        rejected++;
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
