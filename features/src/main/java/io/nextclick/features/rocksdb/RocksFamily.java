// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.rocksdb;

/**
 * Names a column family: the constants of an enum do, in lower case on disk. The one called META is
 * RocksDB's default family, which every database has.
 */
public interface RocksFamily {

  /** The name in upper case. */
  String name();

  /** Its place among the families of a database. */
  int ordinal();
}
