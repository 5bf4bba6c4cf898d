// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

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
 * Reads a file line by line, holding one at a time: plain, {@code .gz} or {@code .zst} by its name.
 * Not for several threads.
 */
public final class LineReader implements Closeable {

  /**
   * One line.
   *
   * @param number its place in the file, from 1
   * @param value its first bytes, as many as were asked for, without the line break
   * @param length how many there were
   */
  public record Line(long number, byte[] value, long length) {

    /** Whether it has nothing but spaces, tabs and a carriage return. */
    public boolean isBlank() {
      for (byte b : value) {
        if (b != ' ' && b != '\t' && b != '\r') {
          return false;
        }
      }
      return true;
    }
  }

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path file;
  private final int maxBytes;
  private final SeekableByteChannel channel;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private long lines;

  private LineReader(Path file, int maxBytes, SeekableByteChannel channel, InputStream in) {
    this.file = file;
    this.maxBytes = maxBytes;
    this.channel = channel;
    this.in = in;
  }

  /**
   * Opens a file.
   *
   * @param maxBytes bytes kept of a line
   * @throws IOException if the file cannot be read, or is not compressed as its name says
   */
  public static LineReader open(Path file, int maxBytes) throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file);
    try {
      InputStream raw = Channels.newInputStream(channel);
      return new LineReader(file, maxBytes, channel, Compression.of(file).decompress(raw));
    } catch (IOException e) {
      channel.close();
      throw new IOException(file + ": not readable as its name says: " + e.getMessage(), e);
    }
  }

  /**
   * Reads the next line that is not blank, or returns null at the end. Blank lines count as lines.
   *
   * @throws IOException if the file is cut off or damaged
   */
  public @Nullable Line nextWithText() throws IOException {
    Line line = next();
    while (line != null && line.isBlank()) {
      line = next();
    }
    return line;
  }

  /**
   * Reads the next line, or returns null at the end.
   *
   * @throws IOException if the file is cut off or damaged
   */
  public @Nullable Line next() throws IOException {
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
      int keep = (int) Math.min(end - position, Math.max(0, maxBytes - length));
      line.write(buffer, position, keep);
      length += end - position;
      ended = end < limit;
      position = ended ? end + 1 : end;
    }
    lines++;
    return new Line(lines, line.toByteArray(), length);
  }

  /**
   * Passes over lines.
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
