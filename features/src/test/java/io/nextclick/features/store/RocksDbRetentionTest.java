// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Comparator.naturalOrder;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.AbstractRetentionTest;
import io.nextclick.features.sequence.AbstractSequenceStoreTest;
import io.nextclick.features.sequence.EventStreams;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.OracleFold;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SilentUsers;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.features.store.Failpoints.Point;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RocksDbRetentionTest extends AbstractRetentionTest {

  private static final long SEED = 7;
  private static final long HOUR = SilentUsers.RETENTION.millis();
  private static final FoldSettings SETTINGS =
      FoldSettings.DEFAULT.withRetention(SilentUsers.RETENTION);
  private static final String USER = "Xq7vZk4711"; // nothing that LZ4 could write shorter
  private static final String ITEM = "pLm9_wRt2Hc";

  @TempDir private Path directory;
  private int stores;

  /** Simulates the death of the process at a chosen place. */
  private static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Override
  protected SequenceStore create(FoldSettings settings) throws IOException {
    return RocksDbSequenceStore.open(directory.resolve("store-" + stores++), settings);
  }

  @Override
  protected int histories() {
    return 8;
  }

  @ParameterizedTest
  @EnumSource(names = {"BEFORE_SWEEP", "AFTER_SWEEP", "BEFORE_REWRITE"})
  void sweep_crash_leavesTheFoldOfTheLog(Point point) throws IOException {
    FoldSettings settings = SilentUsers.settings(SEED);
    List<SourceRecord> records = new SilentUsers(SEED).records(300);
    List<SourceBatch> batches = new EventStreams(SEED).batches(PARTITION, records);
    int half = batches.size() / 2;
    Path live = directory.resolve("live");
    Path image = directory.resolve("image");
    try (var store = crashing(live, settings, point)) {
      batches.subList(0, half).forEach(store::apply);
      assertThatThrownBy(store::sweep).isInstanceOf(Crash.class);
      LiveCopy.of(live, image);
    }
    try (var store = RocksDbSequenceStore.open(image, settings)) {
      store.verifyDigests();
      OracleFold oracle = OracleFold.of(settings, records, batches.get(half - 1).nextOffset());
      AbstractSequenceStoreTest.assertServesEqual(store, oracle, "after the crash");
      assertThat(store.sweep()).isEqualTo(point == Point.BEFORE_SWEEP ? store.forgotten() : 0);
      AbstractSequenceStoreTest.assertEqual(store, oracle, "swept again");
      batches.subList(half, batches.size()).forEach(store::apply);
      store.sweep();
      AbstractSequenceStoreTest.assertEqual(
          store, OracleFold.of(settings, records, Long.MAX_VALUE), "all of the log");
      store.verifyDigests();
    }
  }

  @Test
  void open_logCutAtRandomBytesWithASweepInIt_equalsTheOracleAtTheStoredOffset()
      throws IOException {
    FoldSettings settings = SilentUsers.settings(SEED);
    List<SourceRecord> records = new SilentUsers(SEED).records(300);
    List<SourceBatch> batches = new EventStreams(SEED).batches(PARTITION, records);
    int half = batches.size() / 2;
    Path live = directory.resolve("live");
    Random random = new Random(SEED);
    try (var store = crashing(live, settings, Point.BEFORE_REWRITE)) {
      batches.subList(0, half).forEach(store::apply);
      assertThatThrownBy(store::sweep).isInstanceOf(Crash.class); // the log is not begun anew
      batches.subList(half, batches.size()).forEach(store::apply);
      for (int i = 0; i < 12; i++) {
        Path image = directory.resolve("cut-" + i);
        LiveCopy.of(live, image);
        cut(image, random.nextDouble());
        try (var cut = RocksDbSequenceStore.open(image, settings)) {
          PartitionState state = cut.partitions().get(PARTITION);
          long next = state == null ? 0 : state.nextOffset();
          OracleFold oracle = OracleFold.of(settings, records, next);
          AbstractSequenceStoreTest.assertServesEqual(cut, oracle, image + " to " + next);
          cut.verifyDigests();
          cut.sweep();
          AbstractSequenceStoreTest.assertEqual(cut, oracle, image + " swept, to " + next);
        }
      }
    }
  }

  /**
   * Of the newest log alone: RocksDB forces one that is followed by another to the disk before it
   * counts on a table that was written meanwhile, as in the background.
   */
  private static void cut(Path image, double share) throws IOException {
    try (var files = Files.list(image)) {
      Path log = files.filter(file -> file.toString().endsWith(".log")).max(naturalOrder()).get();
      try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
        file.truncate((long) (share * file.size()));
      }
    }
  }

  @Test
  void checkpoint_beforeASweep_servesAndGoesOnAsTheStore() throws IOException {
    FoldSettings settings = SilentUsers.settings(SEED);
    List<SourceRecord> records = new SilentUsers(SEED).records(300);
    List<SourceBatch> batches = new EventStreams(SEED).batches(PARTITION, records);
    int half = batches.size() / 2;
    try (var store = RocksDbSequenceStore.open(directory.resolve("live"), settings)) {
      batches.subList(0, half).forEach(store::apply);
      store.checkpoint(directory.resolve("copy"));
    }
    StoreCheckpoint.restore(directory.resolve("copy"), directory.resolve("restored"));
    OracleFold oracle = OracleFold.of(settings, records, batches.get(half - 1).nextOffset());
    try (var store = RocksDbSequenceStore.openReadOnly(directory.resolve("copy"))) {
      assertThat(store.settings()).isEqualTo(settings);
      AbstractSequenceStoreTest.assertServesEqual(store, oracle, "checkpoint");
    }
    try (var store = RocksDbSequenceStore.open(directory.resolve("restored"), settings)) {
      assertThat(store.sweep()).isPositive();
      AbstractSequenceStoreTest.assertEqual(store, oracle, "restored");
    }
  }

  @Test
  void sweep_leavesNothingOfTheUserOnTheDisk() throws IOException {
    Path path = directory.resolve("s");
    foldMarker(path);
    try (var store = RocksDbSequenceStore.open(path, SETTINGS)) {
      store.apply(clicks(501, 501 + 2 * RetentionSweep.USERS, 2 * HOUR));
      assertThat(filesWith(path, ITEM)).anyMatch(file -> file.endsWith(".sst"));
      assertThat(store.sweep()).isEqualTo(501);
      assertThat(filesWith(path, ITEM)).isEmpty();
      assertThat(filesWith(path, USER)).allMatch(file -> file.startsWith("MANIFEST"));
      assertThat(store.get("user-1000").sequence().length()).isEqualTo(1);
      assertThat(store.forgotten()).isEqualTo(501);
    }
    RocksDbSequenceStore.open(path, SETTINGS).close();
    assertThat(filesWith(path, USER)).as("after a restart").isEmpty();
  }

  /**
   * A deletion hides bytes; the next pass has nothing left to delete and must rewrite all the same.
   */
  @Test
  void sweep_afterACrashBeforeTheRewriting_takesTheBytesOffTheDisk() throws IOException {
    Path path = directory.resolve("s");
    foldMarker(path);
    try (var store = crashing(path, SETTINGS, Point.BEFORE_REWRITE)) {
      store.apply(clicks(501, 502, 2 * HOUR));
      assertThatThrownBy(store::sweep).isInstanceOf(Crash.class);
    }
    assertThat(filesWith(path, ITEM)).isNotEmpty();
    try (var store = RocksDbSequenceStore.open(path, SETTINGS)) {
      assertThat(store.sweep()).isZero();
      assertThat(filesWith(path, ITEM)).isEmpty();
    }
  }

  @Test
  void open_otherRetention_isRefused() throws IOException {
    Path path = directory.resolve("s");
    RocksDbSequenceStore.open(path, SETTINGS).close();
    assertThatIOException()
        .isThrownBy(() -> RocksDbSequenceStore.open(path, FoldSettings.DEFAULT))
        .withMessageContainingAll("retention=PT1H", "retention=off", "into a new store");
    try (var store = RocksDbSequenceStore.openReadOnly(path)) {
      assertThat(store.settings()).isEqualTo(SETTINGS);
    }
    byte[] stored = Values.settings(SETTINGS.withMaxHistory(9));
    assertThat(Values.settings(stored).foldVersion())
        .as("which a program without retention refuses in words")
        .isEqualTo(5);
    assertThat(Values.settings(Values.settings(SETTINGS)).foldVersion())
        .as("and this one a program that keeps impressions among the actions")
        .isEqualTo(6);
    assertThat(Values.settings(FoldSettings.DEFAULT.withMaxHistory(9))[1]).isEqualTo((byte) 4);
  }

  /** Whether something is stored in an archive still must not matter for what comes in it later. */
  @Test
  void erase_userOfAnotherLog_isErasedWhetherSweptOrNot() throws IOException {
    SourcePartition archive = new SourcePartition("archive", 0);
    for (boolean swept : new boolean[] {false, true}) {
      try (var store = RocksDbSequenceStore.open(directory.resolve("s" + swept), SETTINGS)) {
        store.apply(batch(archive, 0, click("a", "u", 0)));
        store.apply(batch(PARTITION, 0, click("b", "other", 2 * HOUR)));
        assertThat(swept ? store.sweep() : 1).isEqualTo(1);
        Event erase =
            new Event("c", "erase", "u", List.of(), 3 * HOUR, null, Map.of(), Map.of(), true);
        store.apply(batch(PARTITION, 1, erase));
        assertThat(store.forgotten()).isEqualTo(1);
        assertThat(store.apply(batch(archive, 1, click("d", "u", 5 * HOUR / 2))).verdicts())
            .containsExactly(Verdict.ERASED);
        assertThat(store.verifyDigests()).isEqualTo(1);
      }
    }
  }

  private static void foldMarker(Path path) throws IOException {
    try (var store = RocksDbSequenceStore.open(path, SETTINGS)) {
      store.apply(clicks(0, 500, 0));
      store.apply(batch(PARTITION, 500, Event.behaviour("e", "click", USER, ITEM, 0)));
    }
  }

  private static SourceBatch clicks(int from, int to, long time) {
    return batch(
        PARTITION,
        from,
        IntStream.range(from, to)
            .mapToObj(i -> click("e", "user-" + i, time))
            .toArray(Event[]::new));
  }

  private static Event click(String id, String user, long time) {
    return Event.behaviour(id, "click", user, "i-" + user, time);
  }

  private static SourceBatch batch(SourcePartition partition, long offset, Event... events) {
    List<SourceRecord> records = new ArrayList<>();
    for (Event event : events) {
      records.add(
          new SourceRecord(offset + records.size(), SourceRecord.UNKNOWN_TIME, event, new byte[0]));
    }
    return new SourceBatch(partition, "t", 0, offset + records.size(), records);
  }

  private static RocksDbSequenceStore crashing(Path path, FoldSettings settings, Point point)
      throws IOException {
    Failpoints crash =
        passed -> {
          if (passed == point) {
            throw new Crash();
          }
        };
    return new RocksDbSequenceStore(path, settings, crash, new Random(SEED)) {};
  }

  private static List<String> filesWith(Path path, String text) throws IOException {
    List<String> found = new ArrayList<>();
    try (var files = Files.list(path)) {
      for (Path file : files.toList()) {
        if (new String(Files.readAllBytes(file), ISO_8859_1).contains(text)) {
          found.add(file.getFileName().toString());
        }
      }
    }
    return found;
  }
}
