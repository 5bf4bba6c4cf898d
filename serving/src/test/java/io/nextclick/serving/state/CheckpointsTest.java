// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.features.store.StoreCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {

  @TempDir private Path directory;

  private Instant now = Instant.parse("2026-11-30T12:00:00Z");

  /** Two hours ahead, then put right: what was written last is there, and the number is kept. */
  @Test
  void write_clockPutRight_keepsTheOneJustWritten() throws IOException {
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(directory.resolve("store"), FoldSettings.DEFAULT)) {
      Path all = directory.resolve("checkpoints");
      Checkpoints checkpoints =
          new Checkpoints(
              new ServingStore(store), new Checkpoints.Settings(all, Duration.ZERO, 2), () -> now);
      Path before = checkpoints.write();
      now = now.plus(Duration.ofHours(2));
      Path ahead = checkpoints.write();
      now = now.plus(Duration.ofMinutes(1));
      Path moreAhead = checkpoints.write();
      assertThat(list(all)).containsExactlyInAnyOrder(ahead, moreAhead);

      now = now.minus(Duration.ofHours(2));
      Path right = checkpoints.write();
      assertThat(before).doesNotExist();
      assertThat(list(all)).containsExactlyInAnyOrder(moreAhead, right);
      now = now.plus(Duration.ofMinutes(1));
      Path next = checkpoints.write();
      assertThat(list(all)).containsExactlyInAnyOrder(right, next);
      now = now.plus(Duration.ofMinutes(1));
      Path last = checkpoints.write();
      assertThat(list(all)).contains(last);
      assertThat(list(all)).hasSize(2).doesNotContain(right);
    }
  }

  /** A user may have been erased since: the log behind the checkpoint is read first. */
  @Test
  void restore_state_isWithheldUntilTheLogHasBeenRead() throws IOException {
    Path copy = directory.resolve("copy");
    Path target = directory.resolve("restored");
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(directory.resolve("store"), FoldSettings.DEFAULT)) {
      Event click = Event.behaviour("e", "click", "u", "i", 1_000);
      store.apply(
          new SourceBatch(
              new SourcePartition("events", 0),
              "t",
              0,
              1,
              List.of(new SourceRecord(0, 2_000, click, new byte[0]))));
      store.checkpoint(copy);
    }
    StoreCheckpoint.restore(copy, target);
    for (int start = 0; start < 2; start++) { // killed before it came up
      try (RocksDbSequenceStore store = RocksDbSequenceStore.open(target, FoldSettings.DEFAULT)) {
        ServingStore serving = new ServingStore(store);
        serving.withholdOldState();
        assertThatThrownBy(() -> serving.get("u")).isInstanceOf(StateWithheldException.class);
        assertThat(serving.isWithheld()).isTrue();
      }
    }
    try (RocksDbSequenceStore store = RocksDbSequenceStore.open(target, FoldSettings.DEFAULT)) {
      ServingStore serving = new ServingStore(store);
      serving.withholdOldState();
      serving.caughtUp();
      assertThat(serving.get("u").sequence().length()).isEqualTo(1);
      assertThat(store.isRestored()).isFalse();
    }
  }

  @Test
  void write_keepingOne_keepsTheNewOne() throws IOException {
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(directory.resolve("store"), FoldSettings.DEFAULT)) {
      Path all = directory.resolve("checkpoints");
      Checkpoints checkpoints =
          new Checkpoints(
              new ServingStore(store), new Checkpoints.Settings(all, Duration.ZERO, 1), () -> now);
      checkpoints.write();
      now = now.minus(Duration.ofDays(1));
      Path last = checkpoints.write();
      assertThat(list(all)).contains(last);
      assertThat(list(all)).hasSize(1);
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.toList();
    }
  }
}
