// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is read again when it has changed. One that cannot be read leaves what was read
 * before, and says so once.
 *
 * @param <T> what it holds
 */
public final class WatchedFile<T> {

  private static final Logger LOG = LoggerFactory.getLogger(WatchedFile.class);

  /** Reads the file. */
  public interface Reader<T> {
    /** What it holds now. */
    T read() throws IOException;
  }

  private record Stamp(long modified, long size, @Nullable Object inode) {
    static final Stamp ABSENT = new Stamp(0, -1, null);
  }

  private final Path path;
  private final Reader<T> reader;
  private Stamp stamp;
  private volatile T content;
  private volatile @Nullable String fault;

  /**
   * Reads it for the first time.
   *
   * @throws IOException if that cannot be
   */
  public WatchedFile(Path path, Reader<T> reader) throws IOException {
    this.path = path;
    this.reader = reader;
    this.stamp = stamp();
    this.content = reader.read();
  }

  /** What was read last. */
  public T content() {
    return content;
  }

  /** Why what is in the file is not what counts; null if it is. */
  @Nullable String fault() {
    return fault;
  }

  /** Reads it again if it has changed. */
  public void look() {
    try {
      Stamp now = stamp();
      if (now.equals(stamp)) {
        return;
      }
      stamp = now; // also if it cannot be read: it is tried again when it changes again
      content = reader.read();
      fault = null;
      LOG.info("{} has changed, and counts from now on", path);
    } catch (IOException e) {
      fault = e.getMessage() + "; what was read before counts on";
      LOG.error("{}", fault);
    }
  }

  private Stamp stamp() throws IOException {
    try {
      BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
      return new Stamp(file.lastModifiedTime().toMillis(), file.size(), file.fileKey());
    } catch (NoSuchFileException e) {
      return Stamp.ABSENT;
    }
  }
}
