// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.rocksdb.RocksFamily;

/** What a sequence store keeps, each in a column family of its own. */
enum Family implements RocksFamily {
  META,
  SEQUENCES,
  ITEMS,
  PARTITIONS,
  QUARANTINE,
  ERASURES
}
