// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.QuarantineEntry;
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
      fold(store, erase());
      assertThat(filesWith(ITEM)).anyMatch(file -> file.endsWith(".sst"));
      store.removeErasedBytes();
      assertThat(filesWith(ITEM)).isEmpty();
      assertThat(filesWith(USER)).allMatch(file -> file.startsWith("MANIFEST"));
      assertThat(store.get("user-7").sequence().length()).isEqualTo(1);
    }
    open().close();
    assertThat(filesWith(USER)).as("after a restart").isEmpty();
  }

  /** What the process before did not come to is done by the next one. */
  @Test
  void erase_closedBeforeTheBytesWereRemoved_isDoneAfterTheNextStart() throws IOException {
    try (RocksDbSequenceStore store = open()) {
      fold(store, click(USER, ITEM));
    }
    try (RocksDbSequenceStore store = open()) {
      fold(store, erase());
    }
    assertThat(filesWith(ITEM)).as("removed later").isNotEmpty();
    try (RocksDbSequenceStore store = open()) {
      store.removeErasedBytes();
      assertThat(filesWith(ITEM)).isEmpty();
    }
    open().close();
    assertThat(filesWith(USER)).isEmpty();
  }

  @Test
  void erase_recordsThatWereRefused_loseTheirTextAndNothingElse() throws IOException {
    try (RocksDbSequenceStore store = open()) {
      refuse(store, "{\"user\":\"" + USER + "\",\"item\":\"" + ITEM);
      refuse(store, "{\"user\":\"bob\"");
      assertThat(refusedOf(store, USER)).hasSize(1);
      SourceRecord early = refused("{\"user\":\"" + USER + "\"");
      SourceRecord erase = new SourceRecord(offset++, 3_000, erase(), new byte[0]);
      SourceRecord late = refused("{\"user\":\"" + USER + "\",\"again\"");
      store.apply(new SourceBatch(PARTITION, "t", 0, offset, List.of(early, erase, late)));

      List<QuarantineEntry> kept = store.quarantine().read(PARTITION, 0, 10);
      assertThat(kept)
          .extracting(entry -> new String(entry.head(), ISO_8859_1))
          .containsExactly("", "{\"user\":\"bob\"", "", "{\"user\":\"" + USER + "\",\"again\"");
      assertThat(kept.getFirst().length()).isEqualTo(19 + USER.length() + ITEM.length());
      assertThat(kept.getFirst().rejection().reason()).isEqualTo(RejectedEvent.Reason.NOT_JSON);
      assertThat(store.quarantine().size(PARTITION)).isEqualTo(4);
      assertThat(refusedOf(store, USER)).hasSize(1);
      assertThat(store.erasures(USER)).containsOnlyKeys(PARTITION);
      assertThat(store.erasures("bob")).isEmpty();
      store.removeErasedBytes();
      assertThat(filesWith(ITEM)).isEmpty();
    }
  }

  private static List<QuarantineEntry> refusedOf(RocksDbSequenceStore store, String user) {
    List<QuarantineEntry> found = new ArrayList<>();
    store.forEachRefusedOf(user, found::add);
    return found;
  }

  private SourceRecord refused(String text) {
    byte[] value = text.getBytes(ISO_8859_1);
    return new SourceRecord(
        offset++, 3_000, new RejectedEvent(RejectedEvent.Reason.NOT_JSON, "cut"), value);
  }

  private void refuse(RocksDbSequenceStore store, String text) {
    SourceRecord record = refused(text);
    store.apply(new SourceBatch(PARTITION, "t", 0, offset, List.of(record)));
  }

  private static Event erase() {
    return new Event("e", "erase", USER, List.of(), 2_000, null, Map.of(), Map.of(), true);
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
