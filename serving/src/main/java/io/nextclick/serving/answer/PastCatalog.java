// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.event.Event;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.ingest.log.TopicLogReader;
import io.nextclick.ingest.log.TopicRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The catalogue as it was: every version of every item, with its place in the items topic. */
final class PastCatalog {

  private record Version(int partition, long offset, Item item) {}

  private final Map<String, List<Version>> versions = new TreeMap<>();

  private PastCatalog() {}

  /** Reads the records of one topic. */
  static PastCatalog read(Path log, String topic, FoldSettings settings) throws IOException {
    PastCatalog catalog = new PastCatalog();
    HeapSequenceStore store = new HeapSequenceStore(settings);
    try (TopicLogReader reader = TopicLogReader.open(log, settings.times())) {
      for (TopicRecord record = reader.next(); record != null; record = reader.next()) {
        if (record.partition().topic().equals(topic)
            && record.record().decoded() instanceof Event event
            && event.kind() == Event.Kind.ITEM) {
          catalog.add(record, event.items().getFirst(), store);
        }
      }
    }
    return catalog;
  }

  private void add(TopicRecord record, String id, HeapSequenceStore store) {
    long offset = record.record().offset();
    Counters added =
        store
            .apply(
                new SourceBatch(record.partition(), "", -1, offset + 1, List.of(record.record())))
            .counters();
    Item item = store.items().get(id);
    if (added.applied() > 0 && item != null) {
      versions
          .computeIfAbsent(id, key -> new ArrayList<>())
          .add(new Version(record.partition().partition(), offset, item));
    }
  }

  /**
   * The catalogue after some offsets.
   *
   * @param offsets by partition, the first one not folded
   */
  ItemCatalog at(Map<Integer, Long> offsets) {
    return new ItemCatalog() {
      @Override
      public @Nullable Item get(String id) {
        return newest(versions.getOrDefault(id, List.of()), offsets);
      }

      @Override
      public int size() {
        int[] size = new int[1];
        forEach(item -> size[0]++);
        return size[0];
      }

      @Override
      public long version() {
        return offsets.values().stream().mapToLong(Long::longValue).sum();
      }

      @Override
      public void forEachWhile(Predicate<Item> visitor) {
        for (List<Version> all : versions.values()) {
          Item item = newest(all, offsets);
          if (item != null && !visitor.test(item)) {
            return;
          }
        }
      }

      @Override
      public void addListener(Consumer<Item> listener) {
        // The past does not change.
      }
    };
  }

  private static @Nullable Item newest(List<Version> all, Map<Integer, Long> offsets) {
    for (Version version : all.reversed()) {
      if (version.offset < offsets.getOrDefault(version.partition, 0L)) {
        return version.item;
      }
    }
    return null;
  }
}
