// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of a log in its directory: whose they are, which there are, which must go. */
public final class LogFiles {

  private LogFiles() {}

  /**
   * Takes a log for this process, until the channel is closed.
   *
   * @throws IOException if another process writes it, or this one does already
   */
  public static FileChannel lock(Path directory, String name) throws IOException {
    FileChannel lock =
        FileChannel.open(
            directory.resolve("." + name + ".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    try {
      if (lock.tryLock() == null) {
        throw new IOException(directory + ": another process writes the log " + name);
      }
      return lock;
    } catch (OverlappingFileLockException e) {
      lock.close();
      throw new IOException(directory + ": the log " + name + " is open already", e);
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  /** The files of a directory with such names, in the order of their names. */
  public static List<Path> list(Path directory, Pattern names) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(path -> names.matcher(path.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  /**
   * The files that a bound has no room for, oldest first; never the newest one.
   *
   * @param files oldest first
   * @param totalBytes of those that stay
   */
  public static List<Path> beyond(List<Path> files, long totalBytes) {
    long total = 0;
    for (int i = files.size() - 1; i >= 0; i--) {
      total += files.get(i).toFile().length(); // 0 where someone tidied up before us
      if (total > totalBytes && i < files.size() - 1) {
        return files.subList(0, i + 1);
      }
    }
    return List.of();
  }
}
