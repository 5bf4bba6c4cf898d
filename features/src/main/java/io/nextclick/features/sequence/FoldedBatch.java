// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.item.StoredItem;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that a batch changes: to be stored together, or not at all.
 *
 * @param sequences user to new value; empty to delete
 * @param items the changed items
 * @param erasures user to new entry in the ledger
 * @param quarantine the records that could not be folded
 * @param state the partition's state after the batch
 * @param outcome what became of each record
 * @param forgotten users who came again after a silence longer than the retention, and began anew
 */
public record FoldedBatch(
    Map<String, Optional<byte[]>> sequences,
    List<StoredItem> items,
    Map<String, Erasure> erasures,
    List<QuarantineEntry> quarantine,
    PartitionState state,
    BatchOutcome outcome,
    long forgotten) {}
