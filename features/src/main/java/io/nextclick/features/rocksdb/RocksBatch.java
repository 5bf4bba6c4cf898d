// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.rocksdb;

/** Changes that are written together. */
public interface RocksBatch {

  /** Sets a value, in place of the one before. */
  void put(RocksFamily family, byte[] key, byte[] value);

  /** Removes a value, if there is one. */
  void delete(RocksFamily family, byte[] key);
}
