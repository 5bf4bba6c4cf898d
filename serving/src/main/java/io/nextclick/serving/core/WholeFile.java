// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Small files that are replaced as a whole, or not at all. */
final class WholeFile {

  private WholeFile() {}

  /** Writes beside the file, forces it to the disk and renames it; the name is forced as well. */
  static void write(Path file, byte[] content) throws IOException {
    Path whole = file.resolveSibling(file.getFileName() + ".new");
    Path directory = Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(whole, content);
    try (FileChannel channel = FileChannel.open(whole, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    }
  }
}
