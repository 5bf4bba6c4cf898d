// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes an event log: {@code .jsonl}, {@code .jsonl.gz} or {@code .jsonl.zst}.
 *
 * <p>The lines go to a hidden file beside the target. {@link #commit} forces it to disk and gives
 * it its name; closing without it leaves nothing, so that a failure never looks like a log. Not for
 * several threads.
 */
public final class EventLogWriter implements Closeable {

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path target;
  private final Path part;
  private final FileChannel channel;
  private final OutputStream out;
  private long lines;
  private boolean committed;

  private EventLogWriter(Path target, Path part, FileChannel channel, OutputStream out) {
    this.target = target;
    this.part = part;
    this.channel = channel;
    this.out = out;
  }

  /**
   * Refuses a name that no log has.
   *
   * @throws IllegalArgumentException if it does not end as an event log's does
   */
  public static void requireName(Path file) {
    if (!String.valueOf(file.getFileName()).matches(".+\\.jsonl(\\.gz|\\.zst)?")) {
      throw new IllegalArgumentException(
          file + ": an event log's name ends in .jsonl, .jsonl.gz or .jsonl.zst; give such a name");
    }
  }

  /**
   * Begins a log.
   *
   * @throws IllegalArgumentException if the name does not end as an event log's does
   * @throws IOException if the folder cannot be written, or another process is writing this log
   */
  public static EventLogWriter open(Path file) throws IOException {
    requireName(file);
    String name = file.getFileName().toString();
    Path target = file.toAbsolutePath();
    if (Files.isDirectory(target)) {
      throw new IOException(file + ": is a directory");
    }
    Path folder = target.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(file + ": its folder does not exist; make it first");
    }
    Path part = target.resolveSibling("." + name + ".part");
    FileChannel channel = create(file, part);
    try {
      lock(file, channel);
      channel.truncate(0); // what a killed process may have left
      OutputStream raw = new LeftOpen(Channels.newOutputStream(channel));
      OutputStream compressed = Compression.of(target).compress(raw);
      return new EventLogWriter(
          target, part, channel, new BufferedOutputStream(compressed, BUFFER_BYTES));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static FileChannel create(Path file, Path part) throws IOException {
    try {
      return FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (AccessDeniedException e) {
      throw new IOException(
          "%s: its folder may not be written to (%s)".formatted(file, e.getMessage()), e);
    }
  }

  private static void lock(Path file, FileChannel channel) throws IOException {
    try {
      if (channel.tryLock() == null) {
        throw new IOException(file + ": another process is writing this log");
      }
    } catch (OverlappingFileLockException e) {
      throw new IOException(file + ": is being written already, as another output", e);
    }
  }

  /** Appends one event. */
  public void write(Event event) throws IOException {
    write(EventJson.encode(event));
  }

  /** Appends one line, given without its line break. */
  public void write(byte[] line) throws IOException {
    out.write(line);
    out.write('\n');
    lines++;
  }

  /** Lines written so far. */
  public long lines() {
    return lines;
  }

  /** Forces everything to disk, gives the file its name, and closes; a file of that name goes. */
  public void commit() throws IOException {
    out.close();
    channel.force(true);
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    committed = true;
    channel.close();
    try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
      folder.force(true); // the new name is on disk only when its folder is
    }
  }

  /** Removes what was written, unless it was committed. */
  @Override
  public void close() throws IOException {
    if (!committed) {
      try (channel) {
        out.close();
      } finally {
        Files.deleteIfExists(part);
      }
    }
  }
}
