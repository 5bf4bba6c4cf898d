// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.ingest.kafka.IngestStatus.State;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** What an ingest is doing: written by the thread that reads, read by all. */
final class IngestReport {

  private static final Logger LOG = LoggerFactory.getLogger(IngestReport.class);

  private final InstantSource clock;
  private final BatchListener listener;
  private volatile IngestStatus status;

  // Of the thread that reads alone.
  private long records;
  private @Nullable Instant currentAsOf;
  private List<String> gaps = List.of();

  /**
   * @param listener is told up to when everything is folded
   */
  IngestReport(InstantSource clock, BatchListener listener) {
    this.clock = clock;
    this.listener = listener;
    this.status =
        new IngestStatus(
            State.STARTING, clock.instant(), "not connected yet", null, 0, List.of(), List.of());
  }

  /** The last report; for any thread. */
  IngestStatus status() {
    return status;
  }

  /** Counts records that were read. */
  void read(int more) {
    records += more;
  }

  /** Notes what of the log nobody reads. */
  void gaps(List<String> now) {
    gaps = now;
  }

  /** Reports. */
  void of(State state, @Nullable String reason, List<IngestStatus.Partition> partitions) {
    IngestStatus before = status;
    Instant now = clock.instant();
    Instant since = before.state() == state ? before.since() : now;
    IngestStatus next =
        new IngestStatus(state, since, reason, currentAsOf, records, partitions, gaps);
    Moment read = next.readUpTo();
    if (read != null) {
      currentAsOf = read.instant();
      listener.caughtUp(currentAsOf);
      next = new IngestStatus(state, since, reason, currentAsOf, records, partitions, gaps);
    }
    if (before.state() != state) {
      boolean expected =
          state == State.STARTING || state == State.RUNNING || state == State.STOPPED;
      LOG.atLevel(expected ? Level.INFO : Level.WARN)
          .log("Ingest: {} -> {} {}", before.state(), state, reason == null ? "" : reason);
    }
    status = next;
  }
}
