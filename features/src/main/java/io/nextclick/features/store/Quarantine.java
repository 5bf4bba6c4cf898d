// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.features.rocksdb.ErasedBytes;
import io.nextclick.features.rocksdb.RocksBatch;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.QuarantineEntry;
import io.nextclick.features.sequence.SourcePartition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The records that could not be folded, by partition and offset: written with the batch that met
 * them, read by the exporter that fills the dead-letter topic.
 *
 * <p>At most {@value #MAX_ENTRIES} are kept per partition; past that the oldest go.
 */
public final class Quarantine {

  /** Entries kept per partition. */
  public static final int MAX_ENTRIES = 100_000;

  private static final int CHUNK = 500;
  private static final byte[] CURSOR = "exported/".getBytes(StandardCharsets.UTF_8);

  private final RocksDatabase db;
  private final Map<SourcePartition, Integer> sizes = new HashMap<>();

  Quarantine(RocksDatabase db) {
    this.db = db;
    db.scan(
        Family.QUARANTINE,
        new byte[0],
        (key, value) -> {
          sizes.merge(Keys.partitionOf(key), 1, Integer::sum);
          return true;
        });
  }

  /** Adds entries to a batch, and removes as many of the oldest as pass the bound. */
  synchronized void put(
      RocksBatch batch, SourcePartition partition, List<QuarantineEntry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    byte[] prefix = Keys.partition(partition);
    for (QuarantineEntry entry : entries) {
      batch.put(
          Family.QUARANTINE, Keys.quarantine(prefix, entry.offset()), Values.quarantine(entry));
    }
    int size = sizes.merge(partition, entries.size(), Integer::sum);
    if (size > MAX_ENTRIES) {
      List<QuarantineEntry> oldest = read(partition, 0, size - MAX_ENTRIES);
      delete(batch, prefix, oldest);
      sizes.merge(partition, -oldest.size(), Integer::sum);
    }
  }

  /**
   * Takes what erased users left out of a partition's entries: of those that name one, only the
   * reason, the length and the hash stay.
   *
   * @param users by id
   * @return where it was
   */
  List<ErasedBytes.Range> forget(RocksBatch batch, SourcePartition partition, Set<String> users) {
    byte[] prefix = Keys.partition(partition);
    List<byte[]> keys = new ArrayList<>();
    for (List<QuarantineEntry> some = read(partition, 0, CHUNK);
        !some.isEmpty();
        some = read(partition, some.getLast().offset() + 1, CHUNK)) {
      for (QuarantineEntry entry : some) {
        Mentions mentions = new Mentions(entry.head());
        if (mentions.mayHold(users) && mentions.any(users::contains)) {
          byte[] key = Keys.quarantine(prefix, entry.offset());
          batch.put(Family.QUARANTINE, key, Values.quarantine(entry.withoutText()));
          keys.add(key);
        }
      }
    }
    return keys.isEmpty()
        ? List.of()
        : List.of(ErasedBytes.Range.of(Family.QUARANTINE, keys.getFirst(), keys.getLast()));
  }

  /**
   * Visits a partition's entries that are of a user, as far as they name one.
   *
   * @param fields that a record's user may stand in
   */
  void forEachOf(
      SourcePartition partition,
      String user,
      Collection<String> fields,
      Consumer<QuarantineEntry> visitor) {
    for (List<QuarantineEntry> some = read(partition, 0, CHUNK);
        !some.isEmpty();
        some = read(partition, some.getLast().offset() + 1, CHUNK)) {
      for (QuarantineEntry entry : some) {
        if (new Mentions(entry.head()).isOf(fields, user)) {
          visitor.accept(entry);
        }
      }
    }
  }

  /** The oldest entries of a partition from an offset on, at most {@code limit}. */
  public List<QuarantineEntry> read(SourcePartition partition, long fromOffset, int limit) {
    byte[] prefix = Keys.partition(partition);
    List<QuarantineEntry> entries = new ArrayList<>();
    if (limit <= 0) {
      return entries;
    }
    db.scan(
        Family.QUARANTINE,
        Keys.quarantine(prefix, fromOffset),
        (key, value) -> {
          if (!startsWith(key, prefix) || key.length != prefix.length + 8) {
            return false;
          }
          long offset = ByteBuffer.wrap(key, prefix.length, 8).getLong();
          entries.add(Values.quarantine(partition, offset, value));
          return entries.size() < limit;
        });
    return entries;
  }

  /** Number of entries kept for a partition. */
  public synchronized int size(SourcePartition partition) {
    return sizes.getOrDefault(partition, 0);
  }

  /** The first offset whose entry has not been exported; 0 before the first export. */
  public long exportedTo(SourcePartition partition) {
    byte[] value = db.get(Family.META, cursorKey(partition));
    return value == null ? 0 : ByteBuffer.wrap(value).getLong();
  }

  /** Remembers that all entries below {@code offset} were exported. */
  public void markExported(SourcePartition partition, long offset) {
    byte[] value = new ByteWriter().u64(offset).toBytes();
    db.write(batch -> batch.put(Family.META, cursorKey(partition), value));
  }

  private static byte[] cursorKey(SourcePartition partition) {
    return Keys.concat(CURSOR, Keys.partition(partition));
  }

  private static void delete(RocksBatch batch, byte[] prefix, List<QuarantineEntry> entries) {
    for (QuarantineEntry entry : entries) {
      batch.delete(Family.QUARANTINE, Keys.quarantine(prefix, entry.offset()));
    }
  }

  private static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }
}
