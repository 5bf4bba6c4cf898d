// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.store.RocksDatabase.Family;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Changes of a database that are written together: all of them or none. */
public final class RocksBatch implements AutoCloseable {

  private final RocksDatabase db;
  private final WriteBatch changes = new WriteBatch();

  /**
   * @param db that it will be written to
   */
  RocksBatch(RocksDatabase db) {
    this.db = db;
  }

  public void put(Family family, byte[] key, byte[] value) {
    try {
      changes.put(db.handle(family), key, value);
    } catch (RocksDBException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  public void delete(Family family, byte[] key) {
    try {
      changes.delete(db.handle(family), key);
    } catch (RocksDBException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  /** Changes so far. */
  public int count() {
    return changes.count();
  }

  /** Forgets the changes. */
  public void clear() {
    changes.clear();
  }

  WriteBatch changes() {
    return changes;
  }

  @Override
  public void close() {
    changes.close();
  }
}
