// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import io.nextclick.features.file.Disk;
import io.nextclick.ingest.log.LogFiles;
import io.nextclick.ingest.log.RotatingLog.Limits;
import io.nextclick.serving.audit.AuditLine.Event;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files of the log while it is written, each named by the number of its first line; and where
 * the chain goes on when a process takes over what another one has left. Not for several threads.
 */
final class AuditFiles implements Closeable {

  private final Path directory;
  private final Limits limits;
  private final FileChannel lock;
  private final Map<Event, Long> found = new EnumMap<>(Event.class);
  private @Nullable FileChannel channel;
  private long first;
  private long number; // of the last line
  private String hash; // of it
  private boolean headBehind;

  /**
   * Takes a log over, and makes it when it is missing. Its files can be read by their owner alone.
   *
   * @throws IOException if it cannot be written, or another process writes it
   */
  AuditFiles(Path directory, Limits limits) throws IOException {
    this.directory = directory;
    this.limits = limits;
    makeDirectory(directory);
    lock = LogFiles.lock(directory, "audit");
    try {
      AuditResume resume = AuditResume.of(directory);
      first = resume.first();
      number = resume.number();
      hash = resume.hash();
      found.putAll(resume.found());
      Path newest = resume.newest();
      if (newest != null) {
        channel = FileChannel.open(newest, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
      } else {
        writeHead(); // so that no line is ever without one
      }
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  private static void makeDirectory(Path directory) throws IOException {
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (Files.notExists(directory)) {
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  /** What the log is to tell of how it was found, with a count each. */
  Map<Event, Long> found() {
    return found;
  }

  /**
   * Appends a line: all of it, or nothing if this throws; then open the log anew before the next.
   */
  void append(AuditLine.Content content) throws IOException {
    FileChannel file = writable();
    byte[] line = AuditLine.bytes(number + 1, hash, content);
    long start = file.size();
    ByteBuffer bytes = ByteBuffer.wrap(line);
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    } catch (IOException e) {
      file.truncate(start);
      throw e;
    }
    number++;
    hash = AuditLine.hash(line);
    headBehind = true;
  }

  private FileChannel writable() throws IOException {
    FileChannel file = channel;
    if (file != null && file.size() > limits.fileBytes()) {
      sync();
      channel = null;
      file.close();
      removeOldest();
    }
    FileChannel next = channel;
    if (next == null) {
      next =
          FileChannel.open(
              AuditNames.file(directory, number + 1),
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      channel = next;
      Disk.force(directory);
    }
    return next;
  }

  /** The head says so first: a kill in between leaves more than it says, and no gap. */
  private void removeOldest() throws IOException {
    List<Path> files = AuditNames.list(directory);
    List<Path> old = LogFiles.beyond(files, limits.totalBytes());
    if (!old.isEmpty()) {
      first = AuditNames.firstLine(files.get(old.size()));
      writeHead();
      for (Path file : old) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Makes everything appended so far survive a loss of power, and the head say so. */
  void sync() throws IOException {
    FileChannel file = channel;
    if (headBehind && file != null) {
      file.force(false);
      writeHead();
      headBehind = false;
    }
  }

  private void writeHead() throws IOException {
    new AuditHead(first, number, hash).write(directory);
  }

  @Override
  public void close() throws IOException {
    try (lock) {
      FileChannel file = channel;
      if (file != null) {
        sync();
        file.close();
      }
    }
  }

  /** Lets the files go as they are: after a fault. */
  void abandon() throws IOException {
    try (lock) {
      FileChannel file = channel;
      if (file != null) {
        file.close();
      }
    }
  }
}
