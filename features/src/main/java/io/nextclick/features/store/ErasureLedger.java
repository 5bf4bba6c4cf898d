// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.rocksdb.RocksBatch;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.Erasure;
import io.nextclick.features.sequence.SourcePartition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Who was erased, and up to when. Users are named by HMAC-SHA256 under a key that never leaves the
 * store, so that the ledger does not keep whom it made forgotten.
 */
final class ErasureLedger {

  private static final int NAME_BYTES = 32;
  private static final byte[] COPIED = "ledger-copied".getBytes(StandardCharsets.UTF_8);
  // No partition's key begins with it: topics have a length.
  private static final byte[] ANY_SOURCE = {0};

  private final RocksDatabase db;
  private volatile SecretKeySpec key;
  private volatile boolean copied;

  ErasureLedger(RocksDatabase db) throws IOException {
    this.db = db;
    this.key = hmac(StoreHeader.ledgerKey(db));
    this.copied = db.get(Family.META, COPIED) != null;
  }

  private static SecretKeySpec hmac(byte[] key) {
    return new SecretKeySpec(key, "HmacSHA256");
  }

  /** The last erasure of a user that counts for what a partition holds; null for none. */
  @Nullable Erasure of(SourcePartition partition, String user) {
    byte[] name = name(user);
    Erasure own = at(Keys.concat(Keys.partition(partition), name));
    Erasure ofAny = copied ? at(Keys.concat(ANY_SOURCE, name)) : null;
    return own == null ? ofAny : ofAny == null ? own : own.merge(ofAny);
  }

  /** The last erasure of a user, by those of some partitions whose events it counts for. */
  Map<SourcePartition, Erasure> of(Set<SourcePartition> partitions, String user) {
    Map<SourcePartition, Erasure> found = new TreeMap<>();
    for (SourcePartition partition : partitions) {
      Erasure erasure = of(partition, user);
      if (erasure != null) {
        found.put(partition, erasure);
      }
    }
    return found;
  }

  /** Where the erasure of a user stands that came in a partition, or counts for it. */
  byte[] key(byte[] partition, String user) {
    return Keys.concat(partition, name(user));
  }

  /** The erasure under a key of {@link #key}; null for none. */
  @Nullable Erasure at(byte[] key) {
    byte[] value = db.get(Family.ERASURES, key);
    return value == null ? null : Values.erasure(value);
  }

  static void put(RocksBatch batch, byte[] key, Erasure erasure) {
    batch.put(Family.ERASURES, key, Values.erasure(erasure));
  }

  /** The user's name in the ledger, 32 bytes. */
  private byte[] name(String user) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac.doFinal(user.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HmacSHA256", e);
    }
  }

  /** Whether anybody was erased. */
  boolean hasEntries() {
    boolean[] found = new boolean[1];
    db.scan(
        Family.ERASURES,
        new byte[0],
        (key, value) -> {
          found[0] = true;
          return false;
        });
    return found[0];
  }

  /** Whether another store's ledger was taken over. */
  boolean isCopied() {
    return copied;
  }

  /** Takes over another store's ledger with its key, before the first user is named here. */
  void copyFrom(RocksDatabase other) throws IOException {
    byte[] otherKey = StoreHeader.ledgerKey(other);
    List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>();
    other.scan(Family.ERASURES, new byte[0], (key, value) -> entries.add(Map.entry(key, value)));
    try {
      db.write(batch -> {
        StoreHeader.putLedgerKey(batch, otherKey);
        entries.forEach(entry -> batch.put(Family.ERASURES, entry.getKey(), entry.getValue()));
        ofAnySource(entries)
            .forEach((name, erasure) -> put(batch, Keys.concat(ANY_SOURCE, name), erasure));
        batch.put(Family.META, COPIED, new byte[0]);
      });
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
    key = hmac(otherKey);
    copied = true;
  }

  /** Up to when each name of the entries was erased, whatever the source. */
  private static Map<byte[], Erasure> ofAnySource(List<Map.Entry<byte[], byte[]>> entries) {
    Map<byte[], Erasure> ofAnySource = new TreeMap<>(Arrays::compare);
    for (var entry : entries) {
      byte[] key = entry.getKey();
      byte[] name = Arrays.copyOfRange(key, key.length - NAME_BYTES, key.length);
      long time = Values.erasure(entry.getValue()).timeMillis();
      ofAnySource.merge(name, new Erasure(0, time), Erasure::merge);
    }
    return ofAnySource;
  }
}
