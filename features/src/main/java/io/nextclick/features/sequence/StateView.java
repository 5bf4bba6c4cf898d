// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.item.StoredItem;
import org.jspecify.annotations.Nullable;

/** The stored state that the fold of a batch starts from. */
public interface StateView {

  /** The stored value of a user's sequence, or null. */
  byte @Nullable [] sequence(SourcePartition partition, String user);

  /** The user's entry in the erasure ledger, or null. */
  @Nullable Erasure erasure(SourcePartition partition, String user);

  /** The stored item, or null. */
  @Nullable StoredItem item(String id);

  /** How far the partition was folded, or null if it never was. */
  @Nullable PartitionState partition(SourcePartition partition);
}
