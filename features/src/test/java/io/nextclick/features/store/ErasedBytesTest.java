// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErasedBytesTest {

  private static final SourcePartition PARTITION = new SourcePartition("events", 0);
  private static final String USER = "Xq7vZk4711"; // nothing that LZ4 could write shorter
  private static final String ITEM = "pLm9_wRt2Hc";

  @TempDir private Path directory;

  private long offset;

  @Test
  void erase_leavesNothingOfTheUserOnTheDisk() throws IOException {
    try (RocksDbSequenceStore store = open()) {
      for (int i = 0; i < 500; i++) {
        fold(store, click("user-" + i, "i" + i));
      }
      fold(store, click(USER, ITEM));
    }
    assertThat(filesWith(ITEM)).anyMatch(file -> file.endsWith(".sst"));
    try (RocksDbSequenceStore store = open()) {
      fold(store, click(USER, ITEM)); // in the write-ahead log too
      fold(store, new Event("e", "erase", USER, List.of(), 2_000, null, Map.of(), Map.of(), true));
      assertThat(filesWith(ITEM)).anyMatch(file -> file.endsWith(".sst"));
      store.removeErasedBytes();
      assertThat(filesWith(ITEM)).isEmpty();
      assertThat(filesWith(USER)).allMatch(file -> file.startsWith("MANIFEST"));
      assertThat(store.get("user-7").sequence().length()).isEqualTo(1);
    }
    open().close();
    assertThat(filesWith(USER)).as("after a restart").isEmpty();
  }

  private RocksDbSequenceStore open() throws IOException {
    return RocksDbSequenceStore.open(directory.resolve("s"), FoldSettings.DEFAULT);
  }

  private static Event click(String user, String item) {
    return Event.behaviour("e", "click", user, item, 1_000);
  }

  private void fold(RocksDbSequenceStore store, Event event) {
    SourceRecord record = new SourceRecord(offset++, 3_000, event, new byte[0]);
    store.apply(new SourceBatch(PARTITION, "t", 0, offset, List.of(record)));
  }

  private List<String> filesWith(String text) throws IOException {
    List<String> found = new ArrayList<>();
    try (var files = Files.list(directory.resolve("s"))) {
      for (Path file : files.toList()) {
        if (new String(Files.readAllBytes(file), ISO_8859_1).contains(text)) {
          found.add(file.getFileName().toString());
        }
      }
    }
    return found;
  }
}
