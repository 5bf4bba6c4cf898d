// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.file.Disk;
import io.nextclick.features.file.FileHash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A directory's files with their hashes, in a file that {@code sha256sum --check} reads too. */
final class Checksums {

  static final String FILE = "SHA256SUMS";

  private static final String SEPARATOR = "  ";

  private Checksums() {}

  /** Writes the hashes of all files, and forces everything to the disk. */
  static void write(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    try (var files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        lines.add(FileHash.of(file).sha256() + SEPARATOR + file.getFileName());
        Disk.force(file);
      }
    }
    Path sums = directory.resolve(FILE);
    Files.write(sums, lines, StandardCharsets.UTF_8);
    Disk.force(sums);
    Disk.force(directory);
  }

  /**
   * Compares all files with their hashes.
   *
   * @return the files
   * @throws IOException if one is missing or was changed; the message names it
   */
  static List<Path> verify(Path directory) throws IOException {
    Path sums = directory.resolve(FILE);
    if (!Files.isRegularFile(sums)) {
      throw new IOException(directory + ": is no checkpoint: it has no " + FILE);
    }
    List<Path> files = new ArrayList<>();
    for (String line : Files.readAllLines(sums, StandardCharsets.UTF_8)) {
      int at = line.indexOf(SEPARATOR);
      Path file = directory.resolve(at < 0 ? line : line.substring(at + SEPARATOR.length()));
      if (at < 0 || !directory.equals(file.getParent()) || !Files.isRegularFile(file)) {
        throw new IOException(file + ": is missing; take another checkpoint");
      }
      if (!FileHash.of(file).sha256().equals(line.substring(0, at))) {
        throw new IOException(file + ": was changed or is damaged; take another checkpoint");
      }
      files.add(file);
    }
    return files;
  }
}
