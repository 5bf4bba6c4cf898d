// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
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

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path file;
  private final SeekableByteChannel channel;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private long lines;

  private EventLogReader(Path file, SeekableByteChannel channel, InputStream in) {
    this.file = file;
    this.channel = channel;
    this.in = in;
  }

  /**
   * Opens a log.
   *
   * @throws IOException if the file cannot be read, or is not compressed as its name says
   */
  public static EventLogReader open(Path file) throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file);
    try {
      InputStream raw = Channels.newInputStream(channel);
      return new EventLogReader(file, channel, Compression.of(file).decompress(raw));
    } catch (IOException e) {
      channel.close();
      throw new IOException(file + ": not readable as its name says: " + e.getMessage(), e);
    }
  }

  /**
   * Reads the next line, or returns null at the end.
   *
   * @throws IOException if the file is cut off or damaged
   */
  public @Nullable LogLine next() throws IOException {
    if (!fill()) {
      return null;
    }
    var line = new ByteArrayOutputStream(256);
    long length = 0;
    boolean ended = false;
    while (!ended && fill()) {
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      int keep = (int) Math.min(end - position, Math.max(0, MAX_LINE_BYTES - length));
      line.write(buffer, position, keep);
      length += end - position;
      ended = end < limit;
      position = ended ? end + 1 : end;
    }
    lines++;
    byte[] value = line.toByteArray();
    return new LogLine(lines, value, decode(value, length));
  }

  private static Decoded decode(byte[] value, long length) {
    return length <= MAX_LINE_BYTES
        ? EventJson.decode(value)
        : new RejectedEvent(
            Reason.TOO_LARGE, "%d bytes, at most %d".formatted(length, MAX_LINE_BYTES));
  }

  /**
   * Passes over lines without decoding them.
   *
   * @return how many there were, at most {@code count}
   */
  public long skip(long count) throws IOException {
    long skipped = 0;
    while (skipped < count && fill()) {
      boolean ended = false;
      while (!ended && fill()) {
        while (position < limit && !ended) {
          ended = buffer[position++] == '\n';
        }
      }
      lines++;
      skipped++;
    }
    return skipped;
  }

  /** Lines read or skipped so far. */
  public long lines() {
    return lines;
  }

  /** Bytes of the file taken in so far, as they lie on disk: progress towards {@link #size()}. */
  public long bytesRead() throws IOException {
    return channel.position();
  }

  /** The size of the file on disk in bytes. */
  public long size() throws IOException {
    return channel.size();
  }

  /** Makes sure that a byte is waiting; false at the end of the file. */
  private boolean fill() throws IOException {
    if (position < limit) {
      return true;
    }
    try {
      limit = in.read(buffer, 0, buffer.length);
    } catch (IOException e) {
      throw new IOException(
          "%s: cut off or damaged after line %d: %s".formatted(file, lines, e.getMessage()), e);
    }
    position = 0;
    return limit > 0;
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      in.close();
    }
  }
}
