// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.bytes.CorruptRecordException;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.rocksdb.RocksDatabase.Snapshot;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UnreadableStateException;
import io.nextclick.features.sequence.UserSequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the sequences on disk: one user's, those of a partition, or all. */
final class StoredSequences {

  private final RocksDatabase db;
  private final FoldSettings settings;

  StoredSequences(RocksDatabase db, FoldSettings settings) {
    this.db = db;
    this.settings = settings;
  }

  /** What is stored of a user in those partitions that may be read, at one point in time. */
  StoredSequence get(
      String user, Collection<SourcePartition> partitions, Predicate<SourcePartition> mayRead) {
    return db.atOnePoint(snapshot -> {
      StoredSequence stored = StoredSequence.UNKNOWN;
      for (SourcePartition partition : partitions) {
        if (mayRead.test(partition)) {
          stored = merged(stored, user, partition, snapshot);
        }
      }
      return stored;
    });
  }

  private StoredSequence merged(
      StoredSequence others, String user, SourcePartition partition, Snapshot snapshot) {
    try {
      byte[] prefix = Keys.partition(partition);
      byte[] value = snapshot.get(Family.SEQUENCES, Keys.sequence(prefix, user));
      byte[] state = value == null ? null : snapshot.get(Family.PARTITIONS, prefix);
      if (value == null || state == null) {
        return others;
      }
      return others.with(user, value, partition, Values.partitionState(state), settings);
    } catch (CorruptRecordException | UncheckedIOException e) {
      throw new UnreadableStateException(partition, RocksDatabase.isDamage(e), e);
    }
  }

  /**
   * Hands the users and sequences of one partition to {@code visitor}, as of its state.
   *
   * @param state null for none, with which nothing is forgotten
   */
  void forEach(
      SourcePartition partition,
      @Nullable PartitionState state,
      BiConsumer<String, UserSequence> visitor) {
    try {
      db.scan(
          Family.SEQUENCES,
          Keys.partition(partition),
          (key, value) -> {
            if (!Keys.partitionOf(key).equals(partition)) {
              return false;
            }
            String user = Keys.userOf(key);
            UserSequence sequence = SequenceCodec.decode(user, value);
            if (state == null || !settings.retention().forgets(sequence, state)) {
              visitor.accept(user, sequence);
            }
            return true;
          });
    } catch (CorruptRecordException | UncheckedIOException e) {
      throw new UnreadableStateException(partition, RocksDatabase.isDamage(e), e);
    }
  }

  /** Hands every stored value to {@code visitor}, from one point in time, in key order. */
  void forEachStored(StoredVisitor visitor) {
    db.scan(
        Family.SEQUENCES,
        new byte[0],
        (key, value) -> {
          visitor.visit(Keys.partitionOf(key), Keys.userOf(key), value);
          return true;
        });
  }

  /**
   * Reads every value, and compares the digest of each partition with a scan of its values.
   *
   * @return values that were read
   * @throws IOException if a value is damaged or a digest differs; the message names the store
   */
  long verify(Map<SourcePartition, PartitionState> partitions) throws IOException {
    Map<SourcePartition, BigInteger> sums = new ConcurrentSkipListMap<>();
    long[] read = new long[1];
    try {
      forEachStored((partition, user, value) -> {
        SequenceCodec.decode(user, value);
        sums.merge(partition, SequenceCodec.digest(value), BigInteger::add);
        read[0]++;
      });
    } catch (CorruptRecordException | UncheckedIOException e) {
      throw new IOException(
          "store=%s cannot be read whole: %s: move it away and fold the log again, or restore a checkpoint"
              .formatted(db.path(), e.getMessage()),
          e);
    }
    BigInteger modulus = BigInteger.ONE.shiftLeft(128);
    for (var entry : partitions.entrySet()) {
      BigInteger sum = sums.getOrDefault(entry.getKey(), BigInteger.ZERO).mod(modulus);
      if (!sum.equals(entry.getValue().digest())) {
        throw new IOException(
            "store=%s: partition %s: the digest is %032x, its values give %032x: move the store away and fold the log again"
                .formatted(db.path(), entry.getKey(), entry.getValue().digest(), sum));
      }
    }
    return read[0];
  }
}
