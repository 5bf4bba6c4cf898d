// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.UnreadableStateException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
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
  private static final long PASSING_NANOS = Duration.ofMinutes(1).toNanos();

  private final LongSupplier nanoTime;
  private final Map<SourcePartition, Fault> faults = new ConcurrentSkipListMap<>();
  private final LongAdder reads = new LongAdder();

  private record Fault(boolean damaged, String reason, long atNanos) {

    Fault merge(Fault newer) {
      return damaged && !newer.damaged ? this : newer;
    }
  }

  /**
   * @param nanoTime such as {@link System#nanoTime}
   */
  StateFaults(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
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

  /** A sentence for each partition with a fault, with what to do; empty when all can be read. */
  public List<String> told() {
    return faults.entrySet().stream()
        .filter(entry -> isTold(entry.getValue()))
        .map(entry -> sentence(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static String sentence(SourcePartition partition, Fault fault) {
    return fault.damaged
        ? ("the stored state of %s is damaged (%s): users whose state cannot be read get lists for"
                + " everybody; fold the log into a new store (nextclick backfill), or restore a"
                + " checkpoint (serve --from)")
            .formatted(partition, fault.reason)
        : "the stored state of %s could not be read (%s): it is tried again with each request"
            .formatted(partition, fault.reason);
  }
}
