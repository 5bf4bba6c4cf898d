// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import static io.nextclick.features.sequence.AbstractSequenceStoreTest.assertEqual;
import static io.nextclick.features.sequence.AbstractSequenceStoreTest.assertServesEqual;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every store promises of users who have been silent for long. */
public abstract class AbstractRetentionTest {

  protected static final SourcePartition PARTITION = AbstractSequenceStoreTest.PARTITION;
  private static final SourcePartition ARCHIVE = new SourcePartition("archive", 0);
  private static final long HOUR = SilentUsers.RETENTION.millis();
  private static final FoldSettings SETTINGS =
      FoldSettings.DEFAULT.withRetention(SilentUsers.RETENTION);

  /** A store that is empty. */
  protected abstract SequenceStore create(FoldSettings settings) throws IOException;

  /** How many seeded histories to compare. */
  protected abstract int histories();

  @Test
  void apply_silentUsers_equalsTheOracleWheneverItIsSwept() throws IOException {
    Counters all = Counters.ZERO;
    long swept = 0;
    for (long seed = 1; seed <= histories(); seed++) {
      FoldSettings settings = SilentUsers.settings(seed);
      List<SourceRecord> records = new SilentUsers(seed).records(300);
      Random random = new Random(seed);
      OracleFold oracle = new OracleFold(settings);
      try (SequenceStore store = create(settings)) {
        for (SourceBatch batch : new EventStreams(seed).batches(PARTITION, records)) {
          store.apply(batch);
          batch.records().forEach(oracle::add);
          if (random.nextInt(4) == 0) {
            assertServesEqual(store, oracle, "seed=%d to %d".formatted(seed, batch.nextOffset()));
          }
          if (random.nextInt(4) == 0) {
            swept += store.sweep();
            assertEqual(store, oracle, "seed=%d to %d".formatted(seed, batch.nextOffset()));
          }
        }
        swept += store.sweep();
        assertEqual(store, oracle, "seed=" + seed);
        assertThat(store.sweep()).isZero();
        all = all.plus(store.partitions().get(PARTITION).counters());
      }
    }
    assertThat(List.of(all.applied(), all.duplicate(), all.late(), all.erased(), all.expired()))
        .as("every verdict is met often")
        .allSatisfy(count -> assertThat(count).isGreaterThan(2L * histories()));
    assertThat(swept).as("users are swept").isGreaterThan(2L * histories());
  }

  @Test
  void get_silentUser_isUnknownBeforeAndAfterTheSweep() throws IOException {
    try (SequenceStore store = create(SETTINGS)) {
      apply(store, PARTITION, 0, click("a", "silent", 0), click("b", "other", HOUR));
      assertThat(store.get("silent").sequence().length()).as("just long enough").isEqualTo(1);
      assertThat(store.sweep()).isZero();
      apply(store, PARTITION, 2, click("c", "other", HOUR + 1));
      assertThat(store.get("silent")).isEqualTo(StoredSequence.UNKNOWN);
      assertThat(users(store)).containsExactly("other");
      assertThat(store.sweep()).isEqualTo(1);
      assertThat(store.get("silent")).isEqualTo(StoredSequence.UNKNOWN);
      assertThat(store.get("other").sequence().length()).isEqualTo(2);
    }
  }

  @Test
  void apply_userAfterASilence_beginsAnewAndRepeatsStayOut() throws IOException {
    for (boolean swept : new boolean[] {false, true}) {
      try (SequenceStore store = create(SETTINGS)) {
        apply(store, PARTITION, 0, click("a", "u", 0), click("b", "other", 2 * HOUR));
        assertThat(store.sweep()).isEqualTo(1);
        if (!swept) {
          apply(store, PARTITION, 2, click("c", "u", 2 * HOUR), click("d", "other", 4 * HOUR));
        }
        assertThat(apply(store, PARTITION, 4, click("a", "u", 0), click("e", "u", 4 * HOUR)))
            .containsExactly(Verdict.EXPIRED, Verdict.APPLIED);
        assertThat(store.get("u").sequence().length()).isEqualTo(1);
      }
    }
  }

  /** The user's own event tells that the silence was too long, whatever others do. */
  @Test
  void apply_onlyUserAfterASilence_beginsAnew() throws IOException {
    try (SequenceStore store = create(SETTINGS)) {
      apply(store, PARTITION, 0, click("a", "u", 0));
      apply(store, PARTITION, 1, click("b", "u", HOUR + 1));
      assertThat(store.get("u").sequence().length()).isEqualTo(1);
    }
  }

  @Test
  void apply_eventFromTheFuture_movesTheTimeNoFurtherThanTheClamp() throws IOException {
    try (SequenceStore store = create(SETTINGS)) {
      long append = 1_000 * HOUR;
      List<SourceRecord> records =
          List.of(
              new SourceRecord(0, append, click("a", "u", append - 1), new byte[0]),
              new SourceRecord(1, append, click("b", "wrong", append * 2), new byte[0]),
              new SourceRecord(2, append + 1, click("c", "u", append), new byte[0]));
      store.apply(new SourceBatch(PARTITION, "t", 0, 3, records));
      assertThat(store.partitions().get(PARTITION).watermarkMillis())
          .isEqualTo(append + SETTINGS.maxFutureMillis());
      assertThat(store.get("u").sequence().length()).isEqualTo(1);
    }
  }

  @Test
  void apply_noRetention_hasNoWatermark() throws IOException {
    try (SequenceStore store = create(FoldSettings.DEFAULT)) {
      apply(store, PARTITION, 0, click("a", "u", 0), click("b", "other", 1_000 * HOUR));
      assertThat(store.partitions().get(PARTITION).watermarkMillis())
          .isEqualTo(Retention.NO_WATERMARK);
      assertThat(store.sweep()).isZero();
      assertThat(users(store)).containsExactly("other", "u");
    }
  }

  /** Nothing comes in an archive any more that could tell the time. */
  @Test
  void apply_anotherLogGoesOn_forgetsTheUsersOfAnArchive() throws IOException {
    try (SequenceStore store = create(SETTINGS)) {
      apply(store, ARCHIVE, 0, click("a", "old", 0), click("b", "both", 1));
      apply(store, PARTITION, 0, click("c", "both", HOUR / 2));
      assertThat(store.get("both").sequence().length()).isEqualTo(2);
      apply(store, PARTITION, 1, click("d", "new", HOUR + HOUR / 8));
      assertThat(users(store)).containsExactly("both", "new");
      assertThat(store.get("both").sequence().length()).as("its newer part").isEqualTo(1);
      PartitionState raised = store.partitions().get(ARCHIVE);
      assertThat(store.sweep()).isEqualTo(2);
      assertThat(store.partitions().get(ARCHIVE).watermarkMillis())
          .isEqualTo(raised.watermarkMillis())
          .isEqualTo(HOUR + HOUR / 8 - (HOUR + HOUR / 8) % (HOUR / 32));
      assertThat(apply(store, ARCHIVE, 2, click("e", "old", 2), click("f", "old", HOUR / 2)))
          .as("the archive has the time of the other log")
          .containsExactly(Verdict.EXPIRED, Verdict.APPLIED);
      assertThat(store.get("old").sequence().length()).isEqualTo(1);
    }
  }

  private static List<String> users(SequenceStore store) {
    List<String> users = new ArrayList<>();
    store.forEach((user, sequence) -> {
      if (!users.contains(user)) {
        users.add(user);
      }
    });
    users.sort(null);
    return users;
  }

  private static Event click(String id, String user, long time) {
    return Event.behaviour(id, "click", user, "i", time);
  }

  private static List<Verdict> apply(
      SequenceStore store, SourcePartition partition, long offset, Event... events) {
    List<SourceRecord> records = new ArrayList<>();
    for (Event event : events) {
      records.add(
          new SourceRecord(offset + records.size(), SourceRecord.UNKNOWN_TIME, event, new byte[0]));
    }
    return store
        .apply(new SourceBatch(partition, "t", 0, offset + records.size(), records))
        .verdicts();
  }
}
