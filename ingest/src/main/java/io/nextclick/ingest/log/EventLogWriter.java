// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.file.DurableFile;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes an event log: {@code .jsonl}, {@code .jsonl.gz} or {@code .jsonl.zst}.
 *
 * <p>The lines go to a hidden file beside the target. {@link #commit} forces it to disk and gives
 * it its name; closing without it leaves nothing, so that a failure never looks like a log. Not for
 * several threads.
 */
public final class EventLogWriter implements Closeable {

  private static final int BUFFER_BYTES = 1 << 16;

  private final DurableFile file;
  private final OutputStream out;
  private long lines;
  private boolean committed;

  private EventLogWriter(DurableFile file, OutputStream out) {
    this.file = file;
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
    Path target = file.toAbsolutePath();
    if (Files.isDirectory(target)) {
      throw new IOException(file + ": is a directory");
    }
    Path folder = target.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(file + ": its folder does not exist; make it first");
    }
    DurableFile begun = begin(file, target);
    try {
      OutputStream compressed = Compression.of(target).compress(begun.out());
      return new EventLogWriter(begun, new BufferedOutputStream(compressed, BUFFER_BYTES));
    } catch (IOException e) {
      begun.close();
      throw e;
    }
  }

  private static DurableFile begin(Path file, Path target) throws IOException {
    try {
      return DurableFile.beginAlone(target);
    } catch (AccessDeniedException e) {
      throw new IOException(
          "%s: its folder may not be written to (%s)".formatted(file, e.getMessage()), e);
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
    file.commit();
    committed = true;
  }

  /** Removes what was written, unless it was committed. */
  @Override
  public void close() throws IOException {
    try (file) {
      if (!committed) {
        out.close();
      }
    }
  }
}
