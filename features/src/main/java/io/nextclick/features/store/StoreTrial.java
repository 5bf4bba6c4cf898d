// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.FoldSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Whether a store can be kept on this machine. */
public final class StoreTrial {

  private StoreTrial() {}

  /**
   * Makes a store in a temporary directory, opens it again, reads from it and removes it.
   *
   * @return the version of RocksDB
   * @throws IOException if that does not work
   * @throws LinkageError if the native library of RocksDB does not load
   */
  public static String run() throws IOException {
    Path directory = Files.createTempDirectory("nextclick-trial");
    try {
      RocksDbSequenceStore.open(directory.resolve("store"), FoldSettings.DEFAULT).close();
      try (var store =
          RocksDbSequenceStore.open(directory.resolve("store"), FoldSettings.DEFAULT)) {
        store.get("nobody");
      }
      return RocksDatabase.version();
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
