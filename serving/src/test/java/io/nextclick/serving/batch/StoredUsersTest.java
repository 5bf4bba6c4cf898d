// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredUsersTest {

  private static final long HOUR = 3_600_000;

  @TempDir private Path directory;

  @Test
  void forEach_usersWhomTheRetentionHasForgotten_doNotCome() throws IOException {
    FoldSettings settings = FoldSettings.DEFAULT.withRetention(new Retention(HOUR));
    try (var store = RocksDbSequenceStore.open(directory.resolve("store"), settings)) {
      store.apply(
          new SourceBatch(
              new SourcePartition("events", 0),
              "t",
              0,
              2,
              List.of(click(0, "silent", HOUR), click(1, "awake", 3 * HOUR))));
      List<String> users = new ArrayList<>();
      new StoredUsers(store).forEach(row -> users.add(((InputRow.Stored) row).user()));
      assertThat(users).containsExactly("awake");
    }
  }

  private static SourceRecord click(long offset, String user, long time) {
    Event event = Event.behaviour("e" + offset, "click", user, "i", time);
    return new SourceRecord(offset, SourceRecord.UNKNOWN_TIME, event, new byte[0]);
  }
}
