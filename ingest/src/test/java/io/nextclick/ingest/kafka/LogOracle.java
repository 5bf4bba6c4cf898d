// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.OracleFold;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares a store with an independent fold of the log up to the stored offsets: values, counters,
 * digests and quarantine. It reads on from where the last comparison ended.
 */
final class LogOracle {

  private static final class Partition {
    final OracleFold fold;
    int folded; // records of the log
    long nextOffset;

    Partition(FoldSettings settings) {
      fold = new OracleFold(settings);
    }
  }

  private final TopicLog log;
  private final FoldSettings settings;
  private final Map<SourcePartition, Partition> partitions = new HashMap<>();

  LogOracle(TopicLog log, FoldSettings settings) {
    this.log = log;
    this.settings = settings;
  }

  /** What differs, in words; empty when the store is right. */
  List<String> differences(RocksDbSequenceStore store) {
    log.update();
    Map<SourcePartition, Map<String, byte[]>> stored = new HashMap<>();
    store.forEachStored((partition, user, value) ->
        stored.computeIfAbsent(partition, key -> new TreeMap<>()).put(user, value));
    List<String> differences = new ArrayList<>();
    store
        .partitions()
        .forEach((partition, state) ->
            compare(
                partition, state, stored.getOrDefault(partition, new TreeMap<>()), differences));
    store.partitions().keySet().forEach(p -> compareQuarantine(store, p, differences));
    compareItems(store, differences);
    for (SourcePartition partition : stored.keySet()) {
      if (!store.partitions().containsKey(partition)) {
        differences.add(partition + ": sequences without an offset");
      }
    }
    try {
      store.verifyDigests();
    } catch (IOException e) {
      differences.add(String.valueOf(e.getMessage()));
    }
    return differences;
  }

  private void compare(
      SourcePartition partition,
      PartitionState state,
      Map<String, byte[]> stored,
      List<String> differences) {
    Partition known = partitions.computeIfAbsent(partition, key -> new Partition(settings));
    if (state.nextOffset() < known.nextOffset) {
      differences.add(
          "%s: offset went back from %d to %d"
              .formatted(partition, known.nextOffset, state.nextOffset()));
      return;
    }
    known.nextOffset = state.nextOffset();
    for (SourceRecord record : log.decoded(partition, known.folded)) {
      if (record.offset() < state.nextOffset()) {
        known.fold.add(record);
        known.folded++;
      }
    }
    Map<String, byte[]> expected = known.fold.values();
    if (!expected.keySet().equals(stored.keySet())) {
      differences.add(partition + ": the users differ");
    }
    expected.forEach((user, value) -> {
      if (!Arrays.equals(value, stored.get(user))) {
        differences.add(partition + ": the bytes of " + user + " differ");
      }
    });
    if (!known.fold.counters().equals(state.counters())) {
      differences.add(
          "%s: counters %s, expected %s"
              .formatted(partition, state.counters(), known.fold.counters()));
    }
    if (!known.fold.digest().equals(state.digest())) {
      differences.add(partition + ": the digests differ");
    }
  }

  private static void compareQuarantine(
      RocksDbSequenceStore store, SourcePartition partition, List<String> differences) {
    PartitionState state = store.partitions().get(partition);
    long quarantined = state == null ? 0 : state.counters().quarantined();
    if (quarantined != store.quarantine().size(partition)) {
      differences.add(
          "%s: %d records in quarantine, counted %d"
              .formatted(partition, store.quarantine().size(partition), quarantined));
    }
  }

  /** Items come from one partition alone, the only one that describes any. */
  private void compareItems(RocksDbSequenceStore store, List<String> differences) {
    Map<String, Long> expected = new TreeMap<>();
    partitions.values().forEach(known -> expected.putAll(known.fold.itemTimes()));
    Map<String, Long> stored = new TreeMap<>();
    store.items().forEach(item -> stored.put(item.id(), item.timeMillis()));
    if (!stored.equals(expected)) {
      differences.add("the items differ");
    }
  }

  /** Records at or above the stored offsets: none once all is read. */
  long unread(RocksDbSequenceStore store) {
    log.update();
    long folded =
        store.partitions().values().stream().mapToLong(state -> state.counters().total()).sum();
    return log.count() - folded;
  }
}
