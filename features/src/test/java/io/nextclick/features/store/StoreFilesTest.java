// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreFilesTest {

  @TempDir private Path parent;

  @Test
  void of_firstStore_hasThePlainNames_nowAndLater() throws IOException {
    assertThat(names("store")).isEqualTo(parent.resolve("impressions"));
    assertThat(names("store")).isEqualTo(parent.resolve("impressions"));
    assertThat(StoreFiles.of(parent.resolve("store")).directory("ingest")).isEqualTo(parent);
  }

  @Test
  void of_secondStore_hasNamesOfItsOwn() throws IOException {
    Files.createDirectory(parent.resolve("store"));
    names("store");
    assertThat(names("other")).isEqualTo(parent.resolve("other-impressions"));
    assertThat(StoreFiles.of(parent.resolve("other")).directory("ingest"))
        .isEqualTo(parent.resolve("other-ingest"));
    assertThat(names("store")).isEqualTo(parent.resolve("impressions"));
  }

  @Test
  void of_storeWhosePredecessorIsGone_takesItsFilesOver() throws IOException {
    Path before = Files.createDirectory(parent.resolve("store"));
    names("store");
    Files.delete(before);
    assertThat(names("longer")).isEqualTo(parent.resolve("impressions"));
    Files.createDirectory(parent.resolve("longer"));
    assertThat(names("store")).isEqualTo(parent.resolve("store-impressions"));
  }

  private Path names(String store) throws IOException {
    return StoreFiles.of(parent.resolve(store)).resolve("impressions");
  }
}
