// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.BatchOutcome;
import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.Failpoints;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardedStoreTest {

  private static final SourcePartition PARTITION = new SourcePartition("events", 0);
  private static final int RECORDS = 10;
  private static final long DEADLY = 4;

  @TempDir private Path directory;

  private static final SourceBatch BATCH = new SourceBatch(PARTITION, "id", 0, 9, List.of());

  /** Stands for the death of the process: nothing below the test catches it. */
  private static final class Death extends Error {
    private static final long serialVersionUID = 1;
  }

  private static final class DyingStore extends RocksDbSequenceStore {
    DyingStore(Path path) throws IOException {
      super(path, FoldSettings.DEFAULT, Failpoints.NONE, new Random(1));
    }

    @Override
    public BatchOutcome apply(SourceBatch batch) {
      for (SourceRecord record : batch.records()) {
        if (record.offset() == DEADLY && record.decoded() instanceof Event) {
          throw new Death();
        }
      }
      return super.apply(batch);
    }
  }

  @Test
  void apply_recordThatKills_isQuarantinedAloneAfterFourDeaths() throws IOException {
    int deaths = 0;
    while (!liveOnce() && deaths < 20) {
      deaths++;
    }
    assertThat(deaths).isEqualTo(GuardedStore.MAX_ATTEMPTS + 1);
    try (RocksDbSequenceStore store = new DyingStore(directory)) {
      assertThat(store.partitions().get(PARTITION))
          .satisfies(state -> {
            assertThat(state.nextOffset()).isEqualTo(RECORDS);
            assertThat(state.counters()).isEqualTo(new Counters(RECORDS - 1, 0, 0, 1, 0));
          });
      assertThat(store.quarantine().read(PARTITION, 0, 10))
          .singleElement()
          .satisfies(entry -> {
            assertThat(entry.offset()).isEqualTo(DEADLY);
            assertThat(entry.rejection().reason().label()).isEqualTo("poison");
          });
    }
  }

  @Test
  void journal_damagedFile_countsAsEmpty() throws IOException {
    Path file = directory.resolve("attempts");
    try (AttemptJournal journal = new AttemptJournal(file)) {
      journal.begin(BATCH, 7, 3);
    }
    try (AttemptJournal journal = new AttemptJournal(file)) {
      assertThat(journal.failed(BATCH, 7)).isEqualTo(3);
      assertThat(journal.failed(BATCH, 8)).isZero();
    }
    byte[] bytes = Files.readAllBytes(file);
    bytes[16] ^= 1;
    Files.write(file, bytes);
    try (AttemptJournal journal = new AttemptJournal(file)) {
      assertThat(journal.failed(BATCH, 7)).isZero();
    }
  }

  @Test
  void journal_topicMadeAgain_theOldAttemptsAreNotItsOwn() throws IOException {
    try (AttemptJournal journal = new AttemptJournal(directory.resolve("attempts"))) {
      journal.begin(BATCH, 7, 3);
      SourceBatch again = new SourceBatch(PARTITION, "another id", 0, 9, List.of());
      assertThat(journal.failed(again, 7)).isZero();
      assertThat(journal.failed(BATCH, 7)).isEqualTo(3);
    }
  }

  /** One life of a process; true if it got to the end of the log. */
  private boolean liveOnce() throws IOException {
    try (RocksDbSequenceStore store = new DyingStore(directory)) {
      // Not closed: a process that dies closes nothing.
      AttemptJournal journal = new AttemptJournal(directory.resolve("attempts"));
      var state = store.partitions().get(PARTITION);
      new GuardedStore(store, journal, BatchListener.NONE)
          .apply(batchFrom(state == null ? 0 : state.nextOffset()));
      return true;
    } catch (Death death) {
      return false;
    }
  }

  private static SourceBatch batchFrom(long first) {
    List<SourceRecord> records =
        LongStream.range(first, RECORDS)
            .mapToObj(offset ->
                new SourceRecord(
                    offset,
                    SourceRecord.UNKNOWN_TIME,
                    RunningIngest.click((int) offset, "u" + offset),
                    new byte[0]))
            .toList();
    return new SourceBatch(PARTITION, "id", 0, RECORDS, records);
  }
}
