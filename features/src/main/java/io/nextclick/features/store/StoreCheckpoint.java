// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.file.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Copies of a store with the hashes of their files: whole under their names, or absent. */
public final class StoreCheckpoint {

  private static final String RESTORED = "RESTORED";

  /** A step in the making of a copy. */
  interface Step {
    void of(Path copy) throws IOException;
  }

  private StoreCheckpoint() {}

  /**
   * Writes a copy, with the hashes of its files in {@code SHA256SUMS}.
   *
   * @param copy makes the copy in a directory that is not there
   * @param verify reads it whole, and leaves what it may write about that
   * @throws IOException if {@code target} exists or cannot be written, or the copy is damaged
   */
  static void write(Path target, Step copy, Step verify) throws IOException {
    if (Files.exists(target)) {
      throw new IOException("checkpoint=" + target + " exists: choose another name");
    }
    Path aside = aside(target);
    copy.of(aside);
    Set<Path> copied = files(aside);
    verify.of(aside);
    for (Path file : files(aside)) {
      if (!copied.contains(file)) {
        Files.delete(file); // what RocksDB wrote about its reading
      }
    }
    Checksums.write(aside);
    Disk.rename(aside, target);
  }

  private static Set<Path> files(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.collect(Collectors.toSet());
    }
  }

  /**
   * Makes a store out of a checkpoint, which stays as it is: whole under {@code target}, or absent.
   *
   * @throws IOException if {@code target} exists, or the checkpoint is not what its hashes say
   */
  public static void restore(Path checkpoint, Path target) throws IOException {
    if (Files.exists(target)) {
      throw new IOException(
          "store=" + target + " exists: move it away, or start without a restore");
    }
    List<Path> files = Checksums.verify(checkpoint);
    Path aside = aside(target);
    Files.createDirectories(aside);
    for (Path file : files) {
      Path copy = aside.resolve(file.getFileName());
      Files.copy(file, copy);
      Disk.force(copy);
    }
    Files.createFile(aside.resolve(RESTORED));
    Disk.force(aside);
    Disk.rename(aside, target);
  }

  /** Where a directory is made; what a crash in the middle of an earlier one left there goes. */
  private static Path aside(Path target) throws IOException {
    Path aside = target.resolveSibling(target.getFileName() + ".partial");
    if (Files.exists(aside)) {
      for (Path file : files(aside)) {
        Files.delete(file);
      }
      Files.delete(aside);
    }
    return aside;
  }

  /** Whether a directory holds a checkpoint. */
  public static boolean is(Path directory) {
    return Files.exists(directory.resolve(Checksums.FILE));
  }

  /**
   * Whether a store is a checkpoint that has not come up to the log since: it may hold users who
   * were erased after the checkpoint.
   */
  static boolean isRestored(Path store) {
    return Files.exists(store.resolve(RESTORED));
  }

  /** Says that a store has all that the log had after the checkpoint. */
  static void caughtUp(Path store) throws IOException {
    Files.deleteIfExists(store.resolve(RESTORED));
  }
}
