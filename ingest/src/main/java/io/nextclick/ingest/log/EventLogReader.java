// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads an event log line by line: {@code .jsonl}, {@code .jsonl.gz} or {@code .jsonl.zst}.
 *
 * <p>Holds one line at a time, whatever the size of the file. A line that is no event is handed out
 * with its reason; a file that is cut off or damaged fails with the last line that was read. Not
 * for several threads.
 */
public final class EventLogReader implements Closeable {

  /** The longest line, without its line break. */
  public static final int MAX_LINE_BYTES = EventJson.MAX_BYTES;

  private final LineReader in;
  private final PlausibleTimes times;

  private EventLogReader(LineReader in, PlausibleTimes times) {
    this.in = in;
    this.times = times;
  }

  /** Opens a log that is read with the usual times. */
  public static EventLogReader open(Path file) throws IOException {
    return open(file, PlausibleTimes.DEFAULT);
  }

  /**
   * Opens a log.
   *
   * @param times what behaviour may have
   * @throws IOException if the file cannot be read, or is not compressed as its name says
   */
  public static EventLogReader open(Path file, PlausibleTimes times) throws IOException {
    return new EventLogReader(LineReader.open(file, MAX_LINE_BYTES), times);
  }

  /**
   * Reads the next line that is not blank, or returns null at the end.
   *
   * @throws IOException if the file is cut off or damaged
   */
  public @Nullable LogLine next() throws IOException {
    LineReader.Line line = in.nextWithText();
    return line == null
        ? null
        : new LogLine(line.number(), line.value(), decode(line.value(), line.length()));
  }

  private Decoded decode(byte[] value, long length) {
    return length <= MAX_LINE_BYTES
        ? EventJson.decode(value, times)
        : new RejectedEvent(
            Reason.TOO_LARGE, "%d bytes, at most %d".formatted(length, MAX_LINE_BYTES));
  }

  /**
   * Passes over lines without decoding them.
   *
   * @return how many there were, at most {@code count}
   */
  public long skip(long count) throws IOException {
    return in.skip(count);
  }

  /** Lines read or skipped so far. */
  public long lines() {
    return in.lines();
  }

  /** Bytes of the file taken in so far, as they lie on disk: progress towards {@link #size()}. */
  public long bytesRead() throws IOException {
    return in.bytesRead();
  }

  /** The size of the file on disk in bytes. */
  public long size() throws IOException {
    return in.size();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
