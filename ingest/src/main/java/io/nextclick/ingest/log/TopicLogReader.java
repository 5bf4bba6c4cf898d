// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.nextclick.features.event.PlausibleTimes;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads a topic log: the records of topics with their partitions and offsets, as {@code nextclick
 * export} writes them. Records of one partition ascend; partitions are interleaved. Not for several
 * threads.
 */
public final class TopicLogReader implements Closeable {

  private static final int MAX_LINE_BYTES = 2 * EventLogReader.MAX_LINE_BYTES;

  private final Path file;
  private final LineReader in;
  private final PlausibleTimes times;

  private TopicLogReader(Path file, LineReader in, PlausibleTimes times) {
    this.file = file;
    this.times = times;
    this.in = in;
  }

  /** Opens a log that is read with the usual times. */
  public static TopicLogReader open(Path file) throws IOException {
    return open(file, PlausibleTimes.DEFAULT);
  }

  /**
   * Opens a log.
   *
   * @param times what behaviour may have
   * @throws IOException if the file cannot be read, or is not compressed as its name says
   */
  public static TopicLogReader open(Path file, PlausibleTimes times) throws IOException {
    return new TopicLogReader(file, LineReader.open(file, MAX_LINE_BYTES), times);
  }

  /**
   * Reads the next record, or returns null at the end.
   *
   * @throws IOException if the file is cut off, damaged or no topic log; the message names the line
   */
  public @Nullable TopicRecord next() throws IOException {
    LineReader.Line line = in.nextWithText();
    if (line == null) {
      return null;
    }
    try {
      return TopicLog.decode(line.value(), times);
    } catch (JsonProcessingException e) {
      throw bad(line, e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw bad(line, String.valueOf(e.getMessage()), e);
    }
  }

  private IOException bad(LineReader.Line line, String why, IOException cause) {
    return new IOException(
        "%s, line %d: no record of a topic log, as nextclick export writes it: %s"
            .formatted(file, line.number(), why),
        cause);
  }

  /**
   * Whether a file begins as a topic log does.
   *
   * @throws IOException if it cannot be read
   */
  public static boolean isTopicLog(Path file) throws IOException {
    try (LineReader in = LineReader.open(file, MAX_LINE_BYTES)) {
      LineReader.Line first = in.next();
      if (first == null) {
        return false;
      }
      try {
        TopicLog.decode(first.value(), PlausibleTimes.EVER);
        return true;
      } catch (IOException e) {
        return false; // another kind of log, whose reader says what is wrong with it
      }
    }
  }

  /** Bytes of the file taken in so far, as they lie on disk: progress towards {@link #size()}. */
  public long bytesRead() throws IOException {
    return in.bytesRead();
  }

  /** Size of the file on disk in bytes. */
  public long size() throws IOException {
    return in.size();
  }

  /** Records read so far. */
  public long records() {
    return in.lines();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
