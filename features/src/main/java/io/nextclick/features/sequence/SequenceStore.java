// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.item.ItemCatalog;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * One sequence per user, the item catalogue, and how far each log was folded into them.
 *
 * <p>Reads may come from any thread; {@link #apply} from one thread per partition.
 */
public interface SequenceStore extends AutoCloseable {

  /** The settings that this state was folded with. */
  FoldSettings settings();

  /**
   * The folded state of a user. Where several partitions hold events of one user, as after a topic
   * grew, their histories are read as one, see {@link StoredSequence#with}.
   *
   * @throws UnreadableStateException if a part of it cannot be read
   */
  default StoredSequence get(String user) {
    return get(user, partition -> true);
  }

  /**
   * The same of some partitions alone.
   *
   * @param mayRead which ones; what others hold of the user is passed over
   */
  StoredSequence get(String user, Predicate<SourcePartition> mayRead);

  /**
   * Folds a batch and stores sequences, next offset, counters, digest and quarantine entries
   * together: all or nothing.
   *
   * @return what became of each record
   * @throws IllegalArgumentException if the batch starts below the stored next offset
   */
  BatchOutcome apply(SourceBatch batch);

  /** How far each partition was folded. */
  Map<SourcePartition, PartitionState> partitions();

  /** The items known to this store. */
  ItemCatalog items();

  /**
   * Deletes what is stored of users whom the retention has forgotten. It is their bytes that go:
   * nothing that is read of this store or folded into it changes.
   *
   * @return how many it were
   */
  long sweep();

  /**
   * Hands every user and sequence to {@code visitor}, from one point in time, in key order; those
   * whom the retention has forgotten are left out.
   */
  void forEach(BiConsumer<String, UserSequence> visitor);

  @Override
  void close();
}
