// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.TieOrder;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * An event log in the order of its times, in a folder of its own that goes with it. Lines that are
 * no events are left out.
 *
 * <p>Of equal times, what describes comes before what happened, an impression before what came of
 * it, and the rest as {@link TieOrder} draws: so the result does not depend on the order of the
 * log.
 */
public final class LogSort implements Closeable {

  private static final String IMPRESSION =
      FoldSettings.DEFAULT.actions().get(FoldSettings.IMPRESSION);

  private final Path folder;

  private LogSort(Path folder) {
    this.folder = folder;
  }

  /**
   * Sorts a log, in bounded memory.
   *
   * @param parent where the folder is made
   * @throws IOException if the log cannot be read, or the folder cannot be written
   */
  public static LogSort of(Path log, Path parent) throws IOException {
    var sort = new LogSort(Files.createTempDirectory(parent, "nextclick-sorted-"));
    try (EventSorter sorter = new EventSorter(sort.folder)) {
      sort.run(log, sorter);
      return sort;
    } catch (IOException | RuntimeException e) {
      sort.close();
      throw e;
    }
  }

  private void run(Path log, EventSorter sorter) throws IOException {
    try (EventLogReader reader = EventLogReader.open(log);
        EventLogWriter writer = EventLogWriter.open(file())) {
      for (LogLine line = reader.next(); line != null; line = reader.next()) {
        if (line.decoded() instanceof Event event) {
          sorter.add(key(event, line.number()), line.value());
        }
      }
      sorter.drain((key, value) -> writer.write(value));
      writer.commit();
    }
  }

  /** In the place of the user: what kind of event it is. */
  private static EventSorter.Key key(Event event, long line) {
    return new EventSorter.Key(
        event.timeMillis(), rank(event), TieOrder.of(event.key(), event.id()), line);
  }

  private static int rank(Event event) {
    return switch (event.kind()) {
      case ITEM -> 0;
      case USER -> 1;
      case BEHAVIOUR -> event.action().equals(IMPRESSION) ? 2 : 3;
      case ERASE -> 4;
    };
  }

  /** The sorted log. */
  public Path file() {
    return folder.resolve("sorted.jsonl.zst");
  }

  /** Removes the sorted log. */
  @Override
  public void close() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      for (Path file : left.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
