// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.UnreadableStateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of the stored state could not be read, by partition, for people, health and metrics. Bytes
 * that are damaged stay so until another store serves; what may pass, such as a lack of file
 * handles, is told for a minute.
 */
public final class StateFaults {

  private static final Logger LOG = LoggerFactory.getLogger(StateFaults.class);
  private static final String REMEDY =
      "fold the log into a new store (nextclick backfill), or restore a checkpoint (serve --from)";
  private static final long PASSING_NANOS = Duration.ofMinutes(1).toNanos();

  private final LongSupplier nanoTime;
  private final Supplier<@Nullable String> damage;
  private final Map<SourcePartition, Fault> faults = new ConcurrentSkipListMap<>();
  private final LongAdder reads = new LongAdder();

  private record Fault(boolean damaged, String reason, long atNanos) {

    Fault merge(Fault newer) {
      return damaged && !newer.damaged ? this : newer;
    }
  }

  /**
   * @param nanoTime such as {@link System#nanoTime}
   * @param damage what of the store's files is damaged; null for nothing
   */
  StateFaults(LongSupplier nanoTime, Supplier<@Nullable String> damage) {
    this.nanoTime = nanoTime;
    this.damage = damage;
  }

  /** A read failed. The first of its kind in a partition is logged. */
  void failed(UnreadableStateException e) {
    reads.increment();
    Fault now = new Fault(e.isDamaged(), String.valueOf(e.getMessage()), nanoTime.getAsLong());
    Fault before = told(e.partition());
    faults.merge(e.partition(), now, Fault::merge);
    if (before == null || (now.damaged && !before.damaged)) {
      LOG.error("{}", sentence(e.partition(), now), e);
    }
  }

  private @Nullable Fault told(SourcePartition partition) {
    Fault fault = faults.get(partition);
    return fault != null && isTold(fault) ? fault : null;
  }

  private boolean isTold(Fault fault) {
    return fault.damaged || nanoTime.getAsLong() - fault.atNanos < PASSING_NANOS;
  }

  /** Another store serves. */
  void clear() {
    faults.clear();
  }

  /** Reads of one user's state, and scans, that failed since the start. */
  public long reads() {
    return reads.sum();
  }

  /** A sentence for each fault, with what to do; empty when all can be read and written. */
  public List<String> told() {
    List<String> told = new ArrayList<>();
    String damaged = damage.get();
    if (damaged != null) {
      told.add(
          "a file of the store is damaged (%s): what is sound is read and written, but nothing is compacted and what erased users left stays on the disk; %s"
              .formatted(damaged, REMEDY));
    }
    faults.forEach((partition, fault) -> {
      if (isTold(fault)) {
        told.add(sentence(partition, fault));
      }
    });
    return told;
  }

  private static String sentence(SourcePartition partition, Fault fault) {
    return fault.damaged
        ? "the stored state of %s is damaged (%s): users whose state cannot be read get lists for everybody; %s"
            .formatted(partition, fault.reason, REMEDY)
        : "the stored state of %s could not be read (%s): it is tried again with each request"
            .formatted(partition, fault.reason);
  }
}
