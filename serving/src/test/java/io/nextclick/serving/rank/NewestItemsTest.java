// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.serving.state.ServingStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The newest items, also when another store takes over. */
class NewestItemsTest {

  private static final SourcePartition ITEMS = new SourcePartition("items", 0);

  @TempDir private Path directory;

  @Test
  void replaceBy_newestItems_areThoseDescribedLast() throws IOException {
    try (RocksDbSequenceStore old = open("old");
        RocksDbSequenceStore next = open("next")) {
      ServingStore store = new ServingStore(old);
      NewestItems newest = new NewestItems(store.items(), 2);
      describe(next, 0, "a", 300);
      describe(next, 1, "b", 200);
      describe(next, 2, "c", 100);

      store.replaceBy(next);

      assertThat(newest.list()).containsExactly("a", "b");
    }
  }

  @Test
  void replaceBy_listenerThatFails_leavesTheNewStoreServing_andTheOthersHear() throws IOException {
    try (RocksDbSequenceStore old = open("old");
        RocksDbSequenceStore next = open("next")) {
      ServingStore store = new ServingStore(old);
      store
          .items()
          .addListener(item -> {
            throw new IllegalStateException("a fault");
          });
      NewestItems newest = new NewestItems(store.items(), 2);
      describe(next, 0, "a", 300);

      store.replaceBy(next);

      assertThat(store.isCurrent(next)).isTrue();
      assertThat(newest.list()).containsExactly("a");
    }
  }

  private RocksDbSequenceStore open(String name) throws IOException {
    return RocksDbSequenceStore.open(directory.resolve(name), FoldSettings.DEFAULT);
  }

  private static void describe(RocksDbSequenceStore store, long offset, String id, long time) {
    Event item =
        new Event("e" + id, Event.ITEM, null, List.of(id), time, null, Map.of(), Map.of(), true);
    SourceRecord record = new SourceRecord(offset, time, item, new byte[0]);
    store.apply(new SourceBatch(ITEMS, "id", 0, offset + 1, List.of(record)));
  }
}
