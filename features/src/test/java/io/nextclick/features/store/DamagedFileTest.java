// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.UnreadableStateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A damaged block, met by a compaction before anybody has read it: all else goes on. */
class DamagedFileTest {

  private static final SourcePartition DAMAGED = new SourcePartition("events", 0);
  private static final SourcePartition SOUND = new SourcePartition("events", 1);
  private static final int USERS = 2_000;
  private static final int STARTS = 5; // each leaves a file: RocksDB compacts four

  @TempDir private Path directory;

  @Test
  void compaction_meetsADamagedBlock_theRestIsWrittenAndReadAsBefore() throws IOException {
    foldUsers();
    damage();
    try (RocksDbSequenceStore store = open()) {
      store.apply(batch(DAMAGED, USERS, erase("u1")));
      assertThatThrownBy(store::removeErasedBytes)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("checksum");
      store.apply(batch(SOUND, USERS, click("u7", "new")));
      assertThat(store.damage()).contains("checksum");
      assertThat(store.get("u7", SOUND::equals).sequence().length()).isEqualTo(2);
      store.apply(batch(SOUND, USERS + 1, erase("u9")));
      assertThatThrownBy(store::removeErasedBytes)
          .hasMessageContaining("nothing can be rewritten beside what is damaged");
      store.apply(batch(SOUND, USERS + 2, click("u7", "newer")));
    }
    try (RocksDbSequenceStore store = open()) {
      assertThat(store.get("u7", SOUND::equals).sequence().length()).isEqualTo(3);
      assertThat(store.get("u1", DAMAGED::equals).sequence().length()).as("erased").isZero();
    }
  }

  /** Each start meets the damage again, sooner or later. */
  @Test
  void manyFilesAfterDamage_areWrittenAllTheSame() throws IOException {
    foldUsers();
    damage();
    for (int start = 0; start < STARTS; start++) {
      try (RocksDbSequenceStore store = open()) {
        for (int i = 0; i < 3; i++) {
          store.apply(batch(SOUND, USERS + 3 * start + i, click("u7", "i" + start + "-" + i)));
        }
      }
    }
    try (RocksDbSequenceStore store = open()) {
      assertThat(store.get("u7", SOUND::equals).sequence().length()).isEqualTo(1 + STARTS * 3);
    }
  }

  private RocksDbSequenceStore open() throws IOException {
    return RocksDbSequenceStore.open(directory, FoldSettings.DEFAULT);
  }

  private void foldUsers() throws IOException {
    try (RocksDbSequenceStore store = open()) {
      for (SourcePartition partition : List.of(DAMAGED, SOUND)) {
        store.apply(
            batch(
                partition,
                0,
                IntStream.range(0, USERS)
                    .mapToObj(i -> click("u" + i, partition + "-" + i))
                    .toArray(Event[]::new)));
      }
    }
  }

  /** One bit of a block that holds sequences of one partition. */
  private void damage() throws IOException {
    Path file;
    try (var files = Files.list(directory)) {
      file =
          files
              .filter(path -> path.toString().endsWith(".sst"))
              .max(Comparator.comparingLong(path -> path.toFile().length()))
              .orElseThrow();
    }
    byte[] whole = Files.readAllBytes(file);
    for (int place = 4_000; place < whole.length; place += 8_000) {
      whole[place] ^= 4;
      Files.write(file, whole);
      if (isDamagedOnly()) {
        return;
      }
      whole[place] ^= 4;
    }
    throw new IllegalStateException("no block of " + file + " holds sequences");
  }

  private boolean isDamagedOnly() {
    try (var store = RocksDbSequenceStore.openReadOnly(directory)) {
      store.get("u1", DAMAGED::equals);
      store.forEach(SOUND, (user, sequence) -> {});
      return !isReadable(store, DAMAGED);
    } catch (UnreadableStateException | IOException | UncheckedIOException e) {
      return false; // of others, or no block of sequences
    }
  }

  private static boolean isReadable(RocksDbSequenceStore store, SourcePartition partition) {
    try {
      store.forEach(partition, (user, sequence) -> {});
      return true;
    } catch (UnreadableStateException e) {
      return false;
    }
  }

  private static Event erase(String user) {
    return new Event("e", "erase", user, List.of(), 2_000, null, Map.of(), Map.of(), true);
  }

  private static Event click(String user, String item) {
    return Event.behaviour(item, "click", user, item, 1_000);
  }

  private static SourceBatch batch(SourcePartition partition, long offset, Event... events) {
    List<SourceRecord> records = new ArrayList<>();
    for (Event event : events) {
      records.add(
          new SourceRecord(offset + records.size(), SourceRecord.UNKNOWN_TIME, event, new byte[0]));
    }
    return new SourceBatch(partition, "t", 0, offset + records.size(), records);
  }
}
