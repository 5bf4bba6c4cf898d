// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.UserSequence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksDbSequenceStoreTest {

  private static final SourcePartition PARTITION = new SourcePartition("events", 3);
  private static final FoldSettings SETTINGS = FoldSettings.DEFAULT.withMaxHistory(4);

  @TempDir private Path directory;

  @Test
  void reopen_afterClose_keepsSequencesOffsetCountersAndDigest() throws IOException {
    try (var store = RocksDbSequenceStore.open(directory, SETTINGS)) {
      apply(store, 0, click("a", "u1", "i1", 10), click("b", "u2", "i2", 20));
      apply(store, 2, click("a", "u1", "i9", 30), "{}".getBytes(StandardCharsets.UTF_8));
    }
    try (var store = RocksDbSequenceStore.open(directory, SETTINGS)) {
      assertThat(items(store.get("u1").sequence())).containsExactly("i1");
      var state = store.partitions().get(PARTITION);
      assertThat(state.nextOffset()).isEqualTo(4);
      assertThat(state.counters().applied()).isEqualTo(2);
      assertThat(state.counters().duplicate()).isEqualTo(1);
      assertThat(state.counters().quarantined()).isEqualTo(1);
      assertThat(store.quarantine().read(PARTITION, 0, 10))
          .singleElement()
          .satisfies(entry -> assertThat(entry.offset()).isEqualTo(3));
      store.verifyDigests();
    }
  }

  @Test
  void erase_userOfAnArchiveThatWasFoldedFirst_forgetsThatToo() throws IOException {
    SourcePartition archive = new SourcePartition("archive", 0);
    byte[] erase =
        EventJson.encode(
            new Event("e", Event.ERASE, "u1", List.of(), 50, null, Map.of(), Map.of(), true));
    try (var store = RocksDbSequenceStore.open(directory, SETTINGS)) {
      apply(store, archive, 0, click("a", "u1", "i1", 10), click("b", "u2", "i2", 20));
      apply(store, archive, 2, click("c", "u3", "i1", 40), click("d", "u3", "i2", 60));
      apply(store, 0, click("f", "u1", "i3", 30), erase);

      assertThat(store.get("u1").sequence().isEmpty()).isTrue();
      assertThat(items(store.get("u2").sequence())).containsExactly("i2");
      store.verifyDigests();
      apply(store, archive, 4, click("g", "u1", "i4", 45)); // the archive's next file
      assertThat(store.get("u1").sequence().isEmpty()).isTrue();
      assertThat(store.partitions().get(archive).counters().erased()).isEqualTo(1);
      // Who came back before the request reached this store keeps what happened after it.
      String later = new String(erase, StandardCharsets.UTF_8).replace("u1", "u3");
      apply(store, 2, later.getBytes(StandardCharsets.UTF_8));
      assertThat(items(store.get("u3").sequence())).containsExactly("i2");
      store.verifyDigests();
    }
    try (var store = RocksDbSequenceStore.open(directory, SETTINGS)) {
      assertThat(store.get("u1").sequence().isEmpty()).isTrue();
      store.verifyDigests();
    }
  }

  @Test
  void erase_thenReplayIntoNewStoreWithItsLedger_keepsTheUserForgotten() throws IOException {
    byte[] erase =
        EventJson.encode(
            new Event("e", Event.ERASE, "u1", List.of(), 50, null, Map.of(), Map.of(), true));
    Path rebuilt = directory.resolve("rebuilt");
    try (var live = RocksDbSequenceStore.open(directory.resolve("live"), SETTINGS);
        var store = RocksDbSequenceStore.open(rebuilt, SETTINGS)) {
      apply(live, 0, click("a", "u1", "i1", 10), erase, click("b", "u1", "i2", 60));
      assertThat(items(live.get("u1").sequence())).containsExactly("i2");

      assertThat(live.hasErasures()).isTrue();
      assertThat(store.hasErasures() || store.hasCopiedErasures()).isFalse();
      store.copyErasuresFrom(live);
      assertThat(store.hasErasures() && store.hasCopiedErasures()).isTrue();
      apply(store, 0, click("a", "u1", "i1", 10));
      assertThat(store.get("u1").sequence().isEmpty()).isTrue();
      assertThat(store.partitions().get(PARTITION).counters().erased()).isEqualTo(1);
    }
  }

  @Test
  void open_otherSettings_refusesAndSaysWhatDiffers() throws IOException {
    RocksDbSequenceStore.open(directory, SETTINGS).close();
    assertThatThrownBy(() -> RocksDbSequenceStore.open(directory, FoldSettings.DEFAULT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("maxHistory=4")
        .hasMessageContaining("maxHistory=256");
  }

  @Test
  void open_otherPlausibleTimes_refusesAndSaysWhich() throws IOException {
    FoldSettings early =
        SETTINGS.withTimes(
            new PlausibleTimes(
                PlausibleTimes.bound("1970-01-01"), PlausibleTimes.bound("2100-01-01")));
    RocksDbSequenceStore.open(directory, early).close();
    RocksDbSequenceStore.open(directory, early).close();
    try (var store = RocksDbSequenceStore.openReadOnly(directory)) {
      assertThat(store.settings()).isEqualTo(early);
    }
    assertThatThrownBy(() -> RocksDbSequenceStore.open(directory, SETTINGS))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("earliest=1970-01-01T00:00:00Z")
        .hasMessageContaining("earliest=1990-01-01T00:00:00Z");
  }

  @Test
  void open_storeOfTheFoldBefore_isRefusedByItsVersion() throws IOException {
    RocksDbSequenceStore.open(directory, SETTINGS).close();
    byte[] settings =
        new ByteWriter()
            .u8(1)
            .varint(2)
            .varint(4)
            .varint(256)
            .varint(3_600_000)
            .varint(1)
            .string("click")
            .string("")
            .toBytes();
    try (RocksDatabase db = RocksDatabase.open(directory, Family.values())) {
      byte[] key = "settings".getBytes(StandardCharsets.UTF_8);
      db.write(batch -> batch.put(Family.META, key, settings));
    }
    assertThatThrownBy(() -> RocksDbSequenceStore.open(directory, SETTINGS))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            "folded by version 2 of the fold, this program has versions %d to %d"
                .formatted(FoldSettings.FOLD_VERSION, FoldSettings.FOLD_VERSION_WITH_ROOMS))
        .hasMessageContaining("fold the log again into a new store");
  }

  @Test
  void open_secondTime_saysThatTheStoreIsInUse() throws IOException {
    try (var store = RocksDbSequenceStore.open(directory, SETTINGS)) {
      assertThatThrownBy(() -> RocksDbSequenceStore.open(directory, SETTINGS))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use by another process");
    }
  }

  /** A damaged "block" has a "lock" in its name, too. */
  @Test
  void open_damagedFile_isNotSaidToBeInUse() throws IOException {
    try (var store = RocksDbSequenceStore.open(directory, SETTINGS)) {
      apply(store, 0, click("a", "u1", "i1", 10));
    }
    Path file;
    try (Stream<Path> files = Files.list(directory)) {
      file = files.filter(path -> path.toString().endsWith(".sst")).findFirst().orElseThrow();
    }
    byte[] whole = Files.readAllBytes(file);
    int refused = 0;
    for (int place = 0; place < whole.length; place += 29) {
      byte[] damaged = whole.clone();
      damaged[place] ^= 4;
      Files.write(file, damaged);
      try {
        RocksDbSequenceStore.openReadOnly(directory).close();
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("in use");
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void get_afterClose_throwsInsteadOfCrashing() throws IOException {
    var store = RocksDbSequenceStore.open(directory, SETTINGS);
    store.close();
    assertThatThrownBy(() -> store.get("u1")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void close_whileOthersReadAndApply_waitsForThemAndRefusesTheRest() throws Exception {
    for (int round = 0; round < 10; round++) {
      var store = RocksDbSequenceStore.open(directory.resolve("round-" + round), SETTINGS);
      apply(store, 0, click("a", "u1", "i1", 10));
      var started = new CountDownLatch(3);
      try (var threads = Executors.newFixedThreadPool(3)) {
        List<Future<?>> busy = new ArrayList<>();
        for (int reader = 0; reader < 2; reader++) {
          busy.add(threads.submit(() -> untilClosed(started, () -> store.get("u1"))));
        }
        long[] next = {1};
        Runnable write = () -> apply(store, next[0]++, click("b" + next[0], "u1", "i2", next[0]));
        busy.add(threads.submit(() -> untilClosed(started, write)));
        started.await();
        store.close();
        for (Future<?> thread : busy) {
          thread.get();
        }
      }
    }
  }

  private static void untilClosed(CountDownLatch started, Runnable work) {
    try {
      for (boolean first = true; ; first = false) {
        work.run();
        if (first) {
          started.countDown();
        }
      }
    } catch (IllegalStateException closed) {
      assertThat(closed).hasMessageContaining("is closed");
    }
  }

  @Test
  void restore_ofACheckpoint_isAStoreThatGoesOn() throws IOException {
    Path copy = directory.resolve("copy");
    Path restored = directory.resolve("restored");
    try (var store = RocksDbSequenceStore.open(directory.resolve("live"), SETTINGS)) {
      apply(store, 0, click("a", "u1", "i1", 10));
      store.checkpoint(copy);
    }
    RocksDbSequenceStore.openReadOnly(copy).close(); // reading it does not spoil it
    Files.createDirectory(directory.resolve("restored.partial"));
    StoreCheckpoint.restore(copy, restored);
    try (var store = RocksDbSequenceStore.open(restored, SETTINGS)) {
      apply(store, 1, click("b", "u1", "i2", 20));
      assertThat(items(store.get("u1").sequence())).containsExactly("i1", "i2");
      store.verifyDigests();
    }
    assertThatThrownBy(() -> StoreCheckpoint.restore(copy, restored))
        .hasMessageContaining("exists");
  }

  @Test
  void restore_ofADamagedCheckpoint_isRefusedAndLeavesNothing() throws IOException {
    Path copy = directory.resolve("copy");
    try (var store = RocksDbSequenceStore.open(directory.resolve("live"), SETTINGS)) {
      apply(store, 0, click("a", "u1", "i1", 10));
      store.checkpoint(copy);
    }
    Path current = copy.resolve("CURRENT");
    Files.writeString(current, "MANIFEST-999999\n");
    Path restored = directory.resolve("restored");
    assertThatThrownBy(() -> StoreCheckpoint.restore(copy, restored))
        .hasMessageContaining("CURRENT: was changed");
    Files.delete(current);
    assertThatThrownBy(() -> StoreCheckpoint.restore(copy, restored))
        .hasMessageContaining("CURRENT: is missing");
    assertThat(restored).doesNotExist();
  }

  @Test
  void checkpoint_afterOneThatWasInterrupted_isACompleteCopy() throws IOException {
    Path copy = directory.resolve("copy");
    try (var store = RocksDbSequenceStore.open(directory.resolve("live"), SETTINGS)) {
      apply(store, 0, click("a", "u1", "i1", 10));
      Files.createDirectory(directory.resolve("copy.partial"));
      Files.writeString(directory.resolve("copy.partial").resolve("CURRENT"), "half");
      store.checkpoint(copy);
      apply(store, 1, click("b", "u1", "i2", 20));
      assertThatThrownBy(() -> store.checkpoint(copy)).isInstanceOf(IOException.class);
    }
    try (var store = RocksDbSequenceStore.openReadOnly(copy)) {
      assertThat(items(store.get("u1").sequence())).containsExactly("i1");
      assertThat(store.settings()).isEqualTo(SETTINGS);
      store.verifyDigests();
    }
  }

  @Test
  void sync_afterApply_givesTheDurableOffset() throws IOException {
    try (var store = RocksDbSequenceStore.open(directory, SETTINGS)) {
      apply(store, 0, click("a", "u1", "i1", 10));
      assertThat(store.sync()).containsExactly(Map.entry(PARTITION, 1L));
    }
  }

  private static byte[] click(String id, String user, String item, long time) {
    return EventJson.encode(Event.behaviour(id, "click", user, item, time));
  }

  private static void apply(SequenceStore store, long from, byte[]... values) {
    apply(store, PARTITION, from, values);
  }

  private static void apply(
      SequenceStore store, SourcePartition partition, long from, byte[]... values) {
    List<SourceRecord> records = new ArrayList<>();
    for (byte[] value : values) {
      records.add(
          new SourceRecord(
              from + records.size(),
              1_000_000,
              EventJson.decode(value, PlausibleTimes.EVER),
              value));
    }
    store.apply(new SourceBatch(partition, "topic-id", 0, from + records.size(), records));
  }

  private static List<String> items(UserSequence sequence) {
    List<String> items = new ArrayList<>();
    for (int t = 0; t < sequence.length(); t++) {
      items.add(sequence.item(t));
    }
    return items;
  }
}
