// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that names the store of a backfill, as earlier versions wrote it. */
class OldStorePointerTest {

  @TempDir private Path directory;

  /** As 982c725 wrote it: from the file's own place. */
  @Test
  void serving_pointerOfThen_namesTheStore() throws Exception {
    Files.createDirectories(directory.resolve("store-1"));
    Files.writeString(
        directory.resolve("serving-store.json"),
        "{\"configured\":\"store\",\"serving\":\"store-1\"}");
    assertThat(new StorePointer(directory.resolve("store")).serving())
        .isEqualTo(directory.resolve("store-1"));
  }

  /** As e27329f wrote it. */
  @Test
  void serving_pointerWithWholePaths_namesTheStore() throws Exception {
    Files.createDirectories(directory.resolve("store-1"));
    Files.writeString(
        directory.resolve("serving-store.json"),
        "{\"configured\":\"%s\",\"serving\":\"%s\"}"
            .formatted(directory.resolve("store"), directory.resolve("store-1")));
    assertThat(new StorePointer(directory.resolve("store")).serving())
        .isEqualTo(directory.resolve("store-1"));
  }
}
