// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.bytes.CorruptRecordException;
import io.nextclick.features.sequence.AbstractSequenceStoreTest;
import io.nextclick.features.sequence.EventStreams;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.OracleFold;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.Failpoints.Point;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Crash images of a live store: each must open as the fold of a prefix, or refuse. */
class RocksDbRecoveryTest {

  private static final SourcePartition PARTITION = new SourcePartition("events", 3);
  private static final long SEED = 7;

  private final FoldSettings settings = AbstractSequenceStoreTest.settings(SEED);
  private final EventStreams streams = new EventStreams(SEED);
  private final List<SourceRecord> records = streams.records(600);
  private final List<SourceBatch> batches = streams.batches(PARTITION, records);

  @TempDir private Path directory;

  /** Simulates the death of the process at a chosen place. */
  private static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Test
  void open_afterEveryBatchOfALiveStore_equalsTheOracle() throws IOException {
    Path live = directory.resolve("live");
    try (var store = RocksDbSequenceStore.open(live, settings)) {
      for (int i = 0; i < batches.size(); i++) {
        store.apply(batches.get(i));
        assertPrefix(copy(live, "after-" + i), batches.get(i).nextOffset());
      }
    }
    assertPrefix(live, batches.getLast().nextOffset());
  }

  @Test
  void open_logCutAtRandomBytes_equalsTheOracleAtTheStoredOffset() throws IOException {
    Path live = directory.resolve("live");
    Random random = new Random(SEED);
    try (var store = RocksDbSequenceStore.open(live, settings)) {
      batches.forEach(store::apply);
      for (int i = 0; i < 60; i++) {
        Path image = copy(live, "cut-" + i);
        Path log = newest(image, ".log");
        long length = (long) (random.nextDouble() * Files.size(log));
        try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
          file.truncate(length);
        }
        assertPrefix(image, -1);
      }
    }
  }

  @Test
  void open_flippedBits_neverGivesAWrongAnswer() throws IOException {
    Path live = directory.resolve("live");
    try (var store = RocksDbSequenceStore.open(live, settings)) {
      batches.subList(0, batches.size() / 2).forEach(store::apply);
    }
    Random random = new Random(SEED);
    try (var store = RocksDbSequenceStore.open(live, settings)) {
      batches.subList(batches.size() / 2, batches.size()).forEach(store::apply);
      int refused = 0;
      for (int i = 0; i < 60; i++) {
        Path image = copy(live, "flip-" + i);
        Path file = newest(image, i % 2 == 0 ? ".sst" : ".log");
        byte[] bytes = Files.readAllBytes(file);
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
        refused += exactOrRefused(image) ? 0 : 1;
      }
      assertThat(refused).as("images that were refused, seed=%d", SEED).isPositive();
    }
  }

  @Test
  void apply_crashBeforeOrAfterTheBatch_leavesNoneOrAllOfIt() throws IOException {
    for (Point point : List.of(Point.BEFORE_BATCH, Point.AFTER_BATCH)) {
      Path live = directory.resolve("live-" + point);
      int last = batches.size() - 1;
      boolean[] armed = {false};
      Failpoints crash =
          passed -> {
            if (armed[0] && passed == point) {
              throw new Crash();
            }
          };
      try (var store = new RocksDbSequenceStore(live, settings, crash, new Random(SEED)) {}) {
        batches.subList(0, last).forEach(store::apply);
        armed[0] = true;
        assertThatThrownBy(() -> store.apply(batches.get(last))).isInstanceOf(Crash.class);
        int done = point == Point.BEFORE_BATCH ? last - 1 : last;
        assertPrefix(copy(live, "crash-" + point), batches.get(done).nextOffset());
      }
    }
  }

  @Test
  void apply_offsetInABatchOfItsOwn_isCaught() throws IOException {
    Path live = directory.resolve("live");
    boolean[] armed = {false};
    Runnable crash =
        () -> {
          if (armed[0]) {
            throw new Crash();
          }
        };
    try (var store = new SplitOffsetStore(live, settings, crash)) {
      store.apply(batches.getFirst());
      armed[0] = true;
      for (SourceBatch batch : batches.subList(1, batches.size())) {
        if (batch.records().size() > 20) {
          assertThatThrownBy(() -> store.apply(batch)).isInstanceOf(Crash.class);
          break;
        }
      }
      Path image = copy(live, "crash");
      assertThatThrownBy(() -> assertPrefix(image, -1)).isInstanceOf(AssertionError.class);
      try (var reopened = RocksDbSequenceStore.open(image, settings)) {
        assertThatThrownBy(reopened::verifyDigests).isInstanceOf(IOException.class);
      }
    }
  }

  private boolean exactOrRefused(Path image) throws IOException {
    try {
      assertPrefix(image, -1);
      return true;
    } catch (IOException | UncheckedIOException | CorruptRecordException e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    }
  }

  /** Opens an image; its state must be the oracle's at the offset that it holds. */
  private void assertPrefix(Path image, long nextOffset) throws IOException {
    try (var store = RocksDbSequenceStore.open(image, settings)) {
      PartitionState state = store.partitions().get(PARTITION);
      long next = state == null ? 0 : state.nextOffset();
      assertThat(next).isEqualTo(nextOffset < 0 ? next : nextOffset);
      AbstractSequenceStoreTest.assertEqual(
          store, OracleFold.of(settings, records, next), image.getFileName() + " seed=" + SEED);
      store.verifyDigests();
    }
  }

  private Path copy(Path live, String name) throws IOException {
    Path image = directory.resolve(name);
    LiveCopy.of(live, image);
    return image;
  }

  private static Path newest(Path image, String suffix) throws IOException {
    try (var files = Files.list(image)) {
      return files
          .filter(file -> file.toString().endsWith(suffix))
          .filter(file -> file.toFile().length() > 0)
          .max(Path::compareTo)
          .orElseThrow();
    }
  }
}
