// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** What outlives a loss of power: bytes that were forced, under names that were forced. */
public final class Disk {

  private Disk() {}

  /** Forces a file, or a directory's entries. */
  public static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /**
   * Gives a file or directory another name in one step, for good; a file of that name goes. What it
   * holds must have been forced before.
   */
  public static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    force(directoryOf(to)); // a name is on disk only when its directory is
  }

  static Path directoryOf(Path file) {
    return file.toAbsolutePath().resolveSibling("");
  }
}
