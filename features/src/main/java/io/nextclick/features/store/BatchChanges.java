// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.item.StoredItem;
import io.nextclick.features.rocksdb.ErasedBytes.Range;
import io.nextclick.features.rocksdb.RocksBatch;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.Erasure;
import io.nextclick.features.sequence.FoldedBatch;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.QuarantineEntry;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.UserSequence;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All that one folded batch changes on disk. */
final class BatchChanges {

  private final RocksDatabase db;
  private final ErasureLedger ledger;
  private final Quarantine quarantine;
  private final FoldedBatch folded;
  private final SourcePartition partition;
  private final Map<SourcePartition, PartitionState> stored;
  private final Retention retention;
  private final byte[] prefix;
  private final Map<SourcePartition, PartitionState> changed = new HashMap<>();
  private final List<Range> erased = new ArrayList<>();
  private long forgotten;

  /**
   * @param partition that the batch is of
   * @param stored all partitions as they were before
   */
  BatchChanges(
      RocksDatabase db,
      ErasureLedger ledger,
      Quarantine quarantine,
      FoldedBatch folded,
      SourcePartition partition,
      Map<SourcePartition, PartitionState> stored,
      Retention retention) {
    this.db = db;
    this.ledger = ledger;
    this.quarantine = quarantine;
    this.folded = folded;
    this.partition = partition;
    this.stored = stored;
    this.retention = retention;
    this.prefix = Keys.partition(partition);
  }

  /** Adds everything but the state of the batch's own partition. */
  void putState(RocksBatch batch) {
    for (var entry : folded.sequences().entrySet()) {
      put(batch, Keys.sequence(prefix, entry.getKey()), entry.getValue().orElse(null));
    }
    for (var entry : folded.erasures().entrySet()) {
      ErasureLedger.put(batch, ledger.key(prefix, entry.getKey()), entry.getValue());
      noteErased(Keys.sequence(prefix, entry.getKey()));
    }
    for (StoredItem item : folded.items()) {
      byte[] key = item.item().id().getBytes(StandardCharsets.UTF_8);
      batch.put(Family.ITEMS, key, Values.item(item));
    }
    if (folded.erasures().isEmpty()) {
      quarantine.put(batch, partition, folded.quarantine());
    } else {
      forgetRefused(batch);
    }
    folded.erasures().forEach((user, erasure) -> eraseElsewhere(batch, user, erasure.timeMillis()));
  }

  /** Records of the erased that were refused, before the request or in a log of another name. */
  private void forgetRefused(RocksBatch batch) {
    Set<String> users = folded.erasures().keySet();
    for (SourcePartition each : stored.keySet()) {
      if (each.equals(partition) || !each.topic().equals(partition.topic())) {
        erased.addAll(quarantine.forget(batch, each, users));
      }
    }
    List<QuarantineEntry> added = new ArrayList<>();
    for (QuarantineEntry entry : folded.quarantine()) {
      boolean before =
          new Mentions(entry.head())
              .any(id -> {
                Erasure erasure = folded.erasures().get(id);
                return erasure != null && entry.offset() < erasure.offset();
              });
      added.add(before ? entry.withoutText() : entry);
    }
    quarantine.put(batch, partition, added);
  }

  private static void put(RocksBatch batch, byte[] key, byte @Nullable [] value) {
    if (value == null) {
      batch.delete(Family.SEQUENCES, key);
    } else {
      batch.put(Family.SEQUENCES, key, value);
    }
  }

  private void noteErased(byte[] key) {
    if (db.get(Family.SEQUENCES, key) != null) {
      erased.add(Range.of(Family.SEQUENCES, key));
    }
  }

  /**
   * Erases what logs of other names left of an erased user up to the time of the request, such as
   * an archive that was folded first: no request will ever come in those. Their state is the fold
   * of their logs with the ledger.
   *
   * <p>With a retention, the ledger names the user also where nothing is stored: whether it still
   * is must not matter, nor does what the retention has forgotten count.
   */
  private void eraseElsewhere(RocksBatch batch, String user, long time) {
    stored.forEach((other, state) -> {
      if (other.topic().equals(partition.topic())) {
        return;
      }
      byte[] key = Keys.sequence(Keys.partition(other), user);
      byte[] value = db.get(Family.SEQUENCES, key);
      if (value != null || retention.isOn()) {
        byte[] name = ledger.key(Keys.partition(other), user);
        Erasure before = ledger.at(name);
        Erasure now = new Erasure(0, time);
        ErasureLedger.put(batch, name, before == null ? now : before.merge(now));
      }
      if (value != null) {
        PartitionState then = changed.getOrDefault(other, state);
        UserSequence sequence = SequenceCodec.decode(user, value);
        boolean gone = retention.forgets(sequence, then);
        UserSequence left = gone ? UserSequence.EMPTY : sequence.after(time);
        forgotten += gone ? 1 : 0;
        byte[] after = left.isEmpty() ? null : SequenceCodec.encode(user, left);
        put(batch, key, after);
        erased.add(Range.of(Family.SEQUENCES, key));
        putPosition(batch, other, then.with(value, after));
      }
    });
  }

  /**
   * Adds the state of the batch's own partition: next offset, counters and digest; and what the
   * time in it makes of others.
   */
  void putPosition(RocksBatch batch) {
    putPosition(batch, partition, folded.state());
    if (retention.isOn()) {
      Map<SourcePartition, PartitionState> all = new HashMap<>(stored);
      all.putAll(changed);
      retention
          .raised(all, partition, folded.state())
          .forEach((other, state) -> putPosition(batch, other, state));
    }
  }

  private void putPosition(RocksBatch batch, SourcePartition of, PartitionState state) {
    batch.put(Family.PARTITIONS, Keys.partition(of), Values.partitionState(state));
    changed.put(of, state);
  }

  /** The partitions whose state is another one now. */
  Map<SourcePartition, PartitionState> partitions() {
    return changed;
  }

  /** Users whom the retention had forgotten and who are gone now. */
  long forgotten() {
    return forgotten;
  }

  /** Where something of users lay who are erased now. */
  List<Range> erased() {
    return erased;
  }
}
