// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SourcePartition;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What ingest is doing, for metrics, health and people: a snapshot, at most a second old.
 *
 * @param state what it is doing
 * @param since when that state began
 * @param reason why it is not running; null while it runs
 * @param currentAsOf everything acknowledged before has been folded; null until that is known
 * @param records records folded since the start
 * @param partitions the partitions that this process reads, ordered
 * @param gaps what of the log nobody reads, in words, such as partitions that were added; empty
 *     when all of it is read
 */
public record IngestStatus(
    State state,
    Instant since,
    @Nullable String reason,
    @Nullable Instant currentAsOf,
    long records,
    List<Partition> partitions,
    List<String> gaps) {

  /** What ingest is doing. */
  public enum State {
    /** Waiting for the broker or for the topics. */
    STARTING,
    /** Reading. */
    RUNNING,
    /** Not reading, since the store has no room; it goes on by itself. */
    PAUSED,
    /** No connection to the broker; it goes on by itself. */
    BROKER_AWAY,
    /** Ended because it was told to. */
    STOPPED,
    /** Ended by a fault; the process must be started again. */
    FAILED
  }

  /**
   * One partition of ours.
   *
   * @param partition which one
   * @param nextOffset the first offset not yet folded
   * @param lag records not yet read; -1 while unknown
   * @param readUpTo everything acknowledged before has been folded; null until that is known
   * @param failure why this partition is not read any more; null while it is
   */
  public record Partition(
      SourcePartition partition,
      long nextOffset,
      long lag,
      @Nullable Moment readUpTo,
      @Nullable String failure) {}

  public IngestStatus {
    partitions = List.copyOf(partitions);
    gaps = List.copyOf(gaps);
  }

  /** Why a partition of ours is not read any more; null while it is, or when it is not ours. */
  public @Nullable String failure(SourcePartition partition) {
    return partitions.stream()
        .filter(read -> read.partition().equals(partition) && read.failure() != null)
        .map(Partition::failure)
        .findFirst()
        .orElse(null);
  }

  /**
   * The latest moment up to which all partitions of ours have been folded; null when that is not
   * known of one of them, or when there are parts of the log that nobody reads.
   */
  @Nullable Moment readUpTo() {
    Moment oldest = null;
    for (Partition partition : partitions) {
      Moment read = partition.readUpTo();
      if (read == null || partition.failure() != null) {
        return null;
      }
      oldest = oldest == null ? read : Moment.earlier(oldest, read);
    }
    return state == State.RUNNING && gaps.isEmpty() ? oldest : null;
  }

  /** Whether everything there was has been read. */
  public boolean caughtUp() {
    return state == State.RUNNING
        && gaps.isEmpty()
        && !partitions.isEmpty()
        && partitions.stream()
            .allMatch(p -> p.failure() == null && p.readUpTo() != null && p.lag() == 0);
  }
}
