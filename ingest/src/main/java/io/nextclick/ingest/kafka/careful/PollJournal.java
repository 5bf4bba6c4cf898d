// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import io.nextclick.features.sequence.SourcePartition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers, over the death of the process, what it was reading: Kafka's consumer may die of a
 * batch before there is a record that {@link AttemptJournal} could name.
 *
 * <p>The file is one line, {@code idle}, {@code poll} or {@code careful TOPIC PARTITION OFFSET
 * TIMES}, padded to {@value #BYTES} bytes. It is not forced to the disk: it must outlive a process,
 * not a machine. What does not check out counts as {@code idle}.
 */
public final class PollJournal implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PollJournal.class);
  private static final int BYTES = 512;

  /** The place at which the process was while it read carefully, and how often it died there. */
  private record Place(SourcePartition partition, long offset, int times) {}

  private final FileChannel file;
  private final boolean diedReading;
  private final @Nullable Place diedAt;
  private boolean busy;

  public PollJournal(Path path) {
    try {
      file =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      ByteBuffer content = ByteBuffer.allocate(BYTES);
      while (content.hasRemaining() && file.read(content, content.position()) > 0) {
        // a file on a disk may give less than was asked for
      }
      String line =
          new String(content.array(), 0, content.position(), StandardCharsets.UTF_8).strip();
      diedAt = place(line);
      diedReading = line.equals("poll") || diedAt != null;
      write("idle");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot use the journal of polls " + path, e);
    }
  }

  private static @Nullable Place place(String line) {
    String[] words = line.split(" ");
    if (words.length != 5 || !words[0].equals("careful")) {
      return null;
    }
    try {
      return new Place(
          new SourcePartition(words[1], Integer.parseInt(words[2])),
          Long.parseLong(words[3]),
          Integer.parseInt(words[4]));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Whether the process before this one ended while it read. */
  public boolean diedReading() {
    return diedReading;
  }

  /** How often in a row processes ended while they read carefully at a place. */
  public int deathsAt(SourcePartition partition, long offset) {
    return diedAt != null && diedAt.partition().equals(partition) && diedAt.offset() == offset
        ? diedAt.times()
        : 0;
  }

  /** Kafka's consumer is about to be asked. */
  public void polling() {
    write("poll");
    busy = true;
  }

  /** A place is about to be read carefully. */
  public void reading(SourcePartition partition, long offset) {
    int times = deathsAt(partition, offset) + 1;
    write("careful %s %d %d %d".formatted(partition.topic(), partition.partition(), offset, times));
    busy = true;
  }

  /** What was begun came to an end. */
  public void done() {
    if (busy) {
      write("idle");
      busy = false;
    }
  }

  private void write(String line) {
    ByteBuffer content = ByteBuffer.allocate(BYTES).put(line.getBytes(StandardCharsets.UTF_8));
    while (content.hasRemaining()) {
      content.put((byte) ' ');
    }
    try {
      for (content.flip(); content.hasRemaining(); ) {
        file.write(content, content.position());
      }
    } catch (IOException e) {
      // Without it, the next process reads as usual, and dies once more if that is deadly.
      LOG.debug("Cannot write the journal of polls", e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
