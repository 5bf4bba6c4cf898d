// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import org.jspecify.annotations.Nullable;

/**
 * A user's sequence and the state of the partition that it was read with.
 *
 * @param sequence the sequence; empty for an unknown user
 * @param partition where the user's events come from; null for an unknown user
 * @param state the partition's state at the time of reading; null for an unknown user
 * @param version changes whenever the stored value changes: part of cache keys
 */
public record StoredSequence(
    UserSequence sequence,
    @Nullable SourcePartition partition,
    @Nullable PartitionState state,
    long version) {

  /** A user of whom nothing is stored. */
  public static final StoredSequence UNKNOWN =
      new StoredSequence(UserSequence.EMPTY, null, null, 0);

  /**
   * This, or the value of another partition if its last event is newer: one user's events belong in
   * one partition, but a topic that grew has two.
   */
  public StoredSequence newer(
      String user, byte[] value, SourcePartition from, PartitionState fromState) {
    UserSequence other = SequenceCodec.decode(user, value);
    return partition != null && sequence.lastTimeMillis() >= other.lastTimeMillis()
        ? this
        : new StoredSequence(other, from, fromState, SequenceCodec.version(value));
  }
}
