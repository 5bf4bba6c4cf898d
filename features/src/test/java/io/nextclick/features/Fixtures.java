// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Files that earlier versions wrote, as they lie in {@code src/test/resources}. */
public final class Fixtures {

  private Fixtures() {}

  /** Opens a file of the class path, such as {@code stores/state.json}. */
  public static InputStream open(String name) {
    return Objects.requireNonNull(Fixtures.class.getResourceAsStream("/" + name), name);
  }

  /** Unpacks a {@code .zip.gz} of the class path. */
  public static void unpack(String name, Path into) throws IOException {
    try (var zip = new ZipInputStream(new GZIPInputStream(open(name)))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = into.resolve(entry.getName());
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.copy(zip, file);
      }
    }
  }
}
