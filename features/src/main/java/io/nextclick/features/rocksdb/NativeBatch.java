// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.rocksdb;

import java.util.function.Function;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Changes in memory of RocksDB's, written together or not at all. */
final class NativeBatch implements RocksBatch {

  private final WriteBatch batch;
  private final Function<RocksFamily, ColumnFamilyHandle> handles;

  /** RocksDB did not take a change. */
  static final class Refused extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final RocksDBException reason;

    Refused(RocksDBException reason) {
      super(reason);
      this.reason = reason;
    }

    RocksDBException reason() {
      return reason;
    }
  }

  NativeBatch(WriteBatch batch, Function<RocksFamily, ColumnFamilyHandle> handles) {
    this.batch = batch;
    this.handles = handles;
  }

  @Override
  public void put(RocksFamily family, byte[] key, byte[] value) {
    try {
      batch.put(handles.apply(family), key, value);
    } catch (RocksDBException e) {
      throw new Refused(e);
    }
  }

  @Override
  public void delete(RocksFamily family, byte[] key) {
    try {
      batch.delete(handles.apply(family), key);
    } catch (RocksDBException e) {
      throw new Refused(e);
    }
  }
}
