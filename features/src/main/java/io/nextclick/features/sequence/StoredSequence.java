// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A user's sequence and the state of the partition that it was read with.
 *
 * @param sequence the sequence; empty for an unknown user
 * @param partition where the user's events come from; null for an unknown user
 * @param state the partition's state at the time of reading; null for an unknown user
 * @param version changes whenever the stored value changes: part of cache keys
 * @param others the next offsets of other partitions that hold a part of the sequence; mostly none
 */
public record StoredSequence(
    UserSequence sequence,
    @Nullable SourcePartition partition,
    @Nullable PartitionState state,
    long version,
    Map<SourcePartition, Long> others) {

  public StoredSequence {
    others = Map.copyOf(others);
  }

  /** A user of whom nothing is stored. */
  public static final StoredSequence UNKNOWN =
      new StoredSequence(UserSequence.EMPTY, null, null, 0, Map.of());

  /**
   * This and what another partition holds of the user, in order of time. One user's events belong
   * in one partition, but a topic that grew has the older ones in another; so has a log that was
   * folded under another name.
   *
   * <p>Partition and state are those of the newest event.
   *
   * <p>What the other partition's retention has forgotten is not there any more.
   *
   * @param settings of the fold: how many entries are kept, and how long
   */
  public StoredSequence with(
      String user,
      byte[] value,
      SourcePartition from,
      PartitionState fromState,
      FoldSettings settings) {
    UserSequence other = SequenceCodec.decode(user, value);
    if (settings.retention().forgets(other, fromState)) {
      return this;
    }
    if (partition == null || state == null) {
      return new StoredSequence(other, from, fromState, SequenceCodec.version(value), Map.of());
    }
    UserSequence merged = sequence.merge(other, settings.capacity());
    boolean newer = other.lastTimeMillis() > sequence.lastTimeMillis();
    Map<SourcePartition, Long> rest = new HashMap<>(others);
    rest.put(newer ? partition : from, (newer ? state : fromState).nextOffset());
    return new StoredSequence(
        merged,
        newer ? from : partition,
        newer ? fromState : state,
        SequenceCodec.version(SequenceCodec.encode(user, merged)),
        rest);
  }
}
