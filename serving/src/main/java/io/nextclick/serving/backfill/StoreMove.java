// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.backfill;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.serving.state.LiveFold;
import io.nextclick.serving.state.ServingStore;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Lets another store take the place of the one that serves. Ranking goes on from the old one until
 * the new one has folded all that the old one has; events wait in the log meanwhile. A partition
 * that the old one does not read any more is not waited for.
 */
final class StoreMove {

  private static final long LONGEST_MILLIS = 60_000;
  private static final long LOOK_MILLIS = 10;

  /** Where a move is; each phase waits for its end, then leads on. */
  enum Phase {
    /** The fold goes into the old store, until that has all that the new one has. */
    OLD_COMES_UP("the store that serves did not come up to the new one"),
    /** The fold goes into the new store, until that has all that the old one has. */
    NEW_COMES_UP("the new store did not come up to the one that serves"),
    /** The new store serves. */
    MOVED(""),
    /** The old store serves, and the fold goes into it. */
    BACK("");

    private final String otherwise;

    Phase(String otherwise) {
      this.otherwise = otherwise;
    }
  }

  /** What is done with a new store before it serves. */
  interface Change {
    void make() throws IOException;
  }

  private final LiveFold fold;
  private final ServingStore store;
  private final RocksDbSequenceStore old;
  private final RocksDbSequenceStore next;
  private final Change change;
  private final BooleanSupplier stopping;
  private final KafkaSettings kafka;
  private Phase phase = Phase.OLD_COMES_UP;
  private Set<SourcePartition> ours = Set.of(); // that the old store reads at the last

  /**
   * @param next a store that nobody folds into, and that has read about as far
   * @param change made when the new store is ready, before it serves
   * @param stopping whether nobody waits any more
   */
  StoreMove(
      LiveFold fold,
      ServingStore store,
      RocksDbSequenceStore next,
      Change change,
      BooleanSupplier stopping) {
    this.fold = fold;
    this.store = store;
    this.old = store.current();
    this.next = next;
    this.change = change;
    this.stopping = stopping;
    this.kafka = fold.kafka();
  }

  /**
   * Moves.
   *
   * @throws IOException if the new store cannot go on where the old one is; the old one goes on
   */
  void run() throws IOException, InterruptedException {
    requirePartitions();
    await();
    ours = readable(fold.handTo(next));
    phase = Phase.NEW_COMES_UP;
    try {
      await();
      change.make();
      store.replaceBy(next);
      phase = Phase.MOVED;
    } catch (IOException | RuntimeException | InterruptedException e) {
      if (!store.isCurrent(next)) {
        fold.handBackTo(old);
        phase = Phase.BACK;
      }
      throw e;
    } finally {
      fold.arrived();
    }
  }

  /** Where it is. */
  Phase phase() {
    return phase;
  }

  private void await() throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST_MILLIS);
    while (!isPhaseOver()) {
      boolean stops = stopping.getAsBoolean();
      if (stops || System.nanoTime() - end > 0) {
        throw new IOException(stops ? "the service is stopping" : phase.otherwise);
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private boolean isPhaseOver() throws IOException {
    IngestStatus now = fold.now();
    return switch (phase) {
      // What the listener of batches has not heard of yet must not be passed over, and a group that
      // is not joined yet says nothing of what is ours. What the new store has of another log, the
      // log itself refuses in the next phase.
      case OLD_COMES_UP ->
          now.state() == IngestStatus.State.FAILED
              || (readsEvents(now) && hasAllOf(ofSameLog(readable(now)), old, next));
      case NEW_COMES_UP -> {
        requireGoing(now);
        yield readsEvents(now) && now.currentAsOf() != null && hasAllOf(ours, next, old);
      }
      case MOVED, BACK -> true;
    };
  }

  private void requirePartitions() throws IOException {
    List<String> topics = List.of(kafka.eventsTopic(), kafka.itemsTopic());
    for (SourcePartition partition : old.partitions().keySet()) {
      if (topics.contains(partition.topic()) && !next.partitions().containsKey(partition)) {
        throw new IOException("the new store has nothing of " + partition);
      }
    }
  }

  /**
   * Nothing may be in the way of a store that shall serve.
   *
   * @throws IOException if a partition, or all of it, cannot be folded; the message says why
   */
  static void requireGoing(IngestStatus now) throws IOException {
    for (IngestStatus.Partition partition : now.partitions()) {
      if (partition.failure() != null) {
        throw new IOException(
            "%s cannot be read into the new store: %s"
                .formatted(partition.partition(), partition.failure()));
      }
    }
    if (now.state() == IngestStatus.State.FAILED) {
      throw new IOException("the new store cannot be folded: " + now.reason());
    }
  }

  private boolean readsEvents(IngestStatus status) {
    return status.partitions().stream()
        .anyMatch(read -> read.partition().topic().equals(kafka.eventsTopic()));
  }

  private static Set<SourcePartition> readable(IngestStatus status) {
    return status.partitions().stream()
        .filter(read -> read.failure() == null)
        .map(IngestStatus.Partition::partition)
        .collect(Collectors.toSet());
  }

  private Set<SourcePartition> ofSameLog(Set<SourcePartition> partitions) {
    Set<SourcePartition> same = new HashSet<>(partitions);
    same.removeIf(partition -> {
      PartitionState here = old.partitions().get(partition);
      PartitionState there = next.partitions().get(partition);
      return here != null && there != null && !here.isOfSameLog(there);
    });
    return same;
  }

  private static boolean hasAllOf(
      Set<SourcePartition> partitions, RocksDbSequenceStore store, RocksDbSequenceStore other) {
    return partitions.stream()
        .allMatch(partition -> {
          PartitionState wanted = other.partitions().get(partition);
          PartitionState state = store.partitions().get(partition);
          return wanted == null || (state != null && state.reaches(wanted));
        });
  }
}
