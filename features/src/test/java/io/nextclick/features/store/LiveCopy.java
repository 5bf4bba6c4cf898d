// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The files of a store that is open, as a loss of power at one point in time would leave them. */
final class LiveCopy {

  private static final String LOCK = "LOCK";

  private LiveCopy() {}

  /** Copies them; anew if files came or went meanwhile, as when erased bytes are rewritten. */
  static void of(Path live, Path image) throws IOException {
    Files.createDirectory(image);
    TreeSet<Path> before;
    do {
      for (Path file : files(image)) {
        Files.delete(file);
      }
      before = files(live);
    } while (!copied(before, image) || !before.equals(files(live)));
  }

  private static boolean copied(TreeSet<Path> files, Path image) throws IOException {
    try {
      for (Path file : files) {
        Files.copy(file, image.resolve(file.getFileName()));
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static TreeSet<Path> files(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .filter(file -> !file.getFileName().toString().equals(LOCK))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
