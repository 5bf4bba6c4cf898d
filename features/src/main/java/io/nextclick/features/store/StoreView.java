// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.item.ConcurrentItemCatalog;
import io.nextclick.features.item.StoredItem;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.Erasure;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.StateView;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the fold sees of the state of a store. */
record StoreView(
    RocksDatabase db,
    ErasureLedger ledger,
    ConcurrentItemCatalog items,
    Map<SourcePartition, PartitionState> partitions)
    implements StateView {

  @Override
  public byte @Nullable [] sequence(SourcePartition partition, String user) {
    return db.get(Family.SEQUENCES, Keys.sequence(Keys.partition(partition), user));
  }

  @Override
  public @Nullable Erasure erasure(SourcePartition partition, String user) {
    return ledger.of(partition, user);
  }

  @Override
  public @Nullable StoredItem item(String id) {
    return items.stored(id);
  }

  @Override
  public @Nullable PartitionState partition(SourcePartition partition) {
    return partitions.get(partition);
  }
}
