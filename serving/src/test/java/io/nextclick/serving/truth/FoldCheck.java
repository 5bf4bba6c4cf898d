// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import io.nextclick.features.sequence.OracleFold;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.log.TopicLogReader;
import io.nextclick.ingest.log.TopicRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compares a store, byte for byte, with an independent fold of the exported log. */
final class FoldCheck {

  private FoldCheck() {}

  /** What differs, in words; empty when the store is the fold of the whole log. */
  static List<String> differences(Path log, Path store) throws IOException {
    Map<SourcePartition, List<SourceRecord>> records = records(log);
    List<String> differences = new ArrayList<>();
    try (RocksDbSequenceStore open = RocksDbSequenceStore.openReadOnly(store)) {
      Map<SourcePartition, Map<String, byte[]>> stored = new HashMap<>();
      open.forEachStored((partition, user, value) ->
          stored.computeIfAbsent(partition, key -> new TreeMap<>()).put(user, value));
      Map<SourcePartition, PartitionState> partitions = open.partitions();
      records.forEach((partition, all) -> {
        PartitionState state = partitions.get(partition);
        if (state == null || state.nextOffset() <= all.getLast().offset()) {
          differences.add(partition + ": not all of its log is folded");
          return;
        }
        OracleFold fold = OracleFold.of(open.settings(), all, state.nextOffset());
        if (!same(fold.values(), stored.getOrDefault(partition, Map.of()))) {
          differences.add(partition + ": the bytes differ");
        }
        if (!fold.counters().equals(state.counters()) || !fold.digest().equals(state.digest())) {
          differences.add(
              "%s: counters %s, expected %s; or the digest"
                  .formatted(partition, state.counters(), fold.counters()));
        }
      });
      open.verifyDigests();
    }
    return differences;
  }

  private static Map<SourcePartition, List<SourceRecord>> records(Path log) throws IOException {
    Map<SourcePartition, List<SourceRecord>> records = new HashMap<>();
    try (TopicLogReader reader = TopicLogReader.open(log)) {
      for (TopicRecord record = reader.next(); record != null; record = reader.next()) {
        records.computeIfAbsent(record.partition(), key -> new ArrayList<>()).add(record.record());
      }
    }
    return records;
  }

  private static boolean same(Map<String, byte[]> expected, Map<String, byte[]> stored) {
    return expected.keySet().equals(stored.keySet())
        && expected.entrySet().stream()
            .allMatch(entry -> Arrays.equals(entry.getValue(), stored.get(entry.getKey())));
  }
}
