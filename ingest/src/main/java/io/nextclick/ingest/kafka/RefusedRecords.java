// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.Verdict;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of records that the fold refuses: a WARN with the reasons and the first place, once a
 * minute at most, and the share of refused records over the last minutes. User ids and bodies stay
 * out.
 */
public final class RefusedRecords implements BatchListener {

  private static final Logger LOG = LoggerFactory.getLogger(RefusedRecords.class);
  private static final long MINUTE_MILLIS = TimeUnit.MINUTES.toMillis(1);

  /** Minutes that the share looks back, the one that runs among them. */
  public static final int MINUTES = 5;

  private final InstantSource clock;
  private final long[] minutes = new long[MINUTES]; // since the epoch, by their remainder
  private final long[] read = new long[MINUTES];
  private final long[] refused = new long[MINUTES];
  private final Map<Reason, Long> all = new EnumMap<>(Reason.class);
  private final Map<Reason, Long> untold = new EnumMap<>(Reason.class);
  private long untoldRead;
  private @Nullable String first; // of those not told yet
  private long nextWarning = Long.MIN_VALUE;

  public RefusedRecords(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * What was read in the last {@value #MINUTES} minutes.
   *
   * @param read records
   * @param refused records among them that were quarantined
   */
  public record Window(long read, long refused) {

    /** The refused part, 0 to 1. */
    public double share() {
      return read == 0 ? 0 : (double) refused / read;
    }
  }

  @Override
  public synchronized void after(SourceBatch batch, List<Verdict> verdicts) {
    int minute = minute();
    read[minute] += verdicts.size();
    untoldRead += verdicts.size();
    for (int i = 0; i < verdicts.size(); i++) {
      if (verdicts.get(i) == Verdict.QUARANTINED) {
        refused[minute]++;
        add(batch.partition(), batch.records().get(i));
      }
    }
    warn();
  }

  /** What could not be told within the minute is told after it. */
  @Override
  public synchronized void caughtUp(Instant time) {
    warn();
  }

  private void add(SourcePartition partition, SourceRecord record) {
    RejectedEvent why =
        record.decoded() instanceof RejectedEvent rejected
            ? rejected
            : new RejectedEvent(Reason.UNKNOWN_ACTION, "the action is none of store.actions");
    all.merge(why.reason(), 1L, Long::sum);
    untold.merge(why.reason(), 1L, Long::sum);
    if (first == null) {
      first =
          "%s at offset %d: %s, %s"
              .formatted(partition, record.offset(), why.reason().label(), why.detail());
    }
  }

  private void warn() {
    long now = clock.millis();
    if (untold.isEmpty() || now < nextWarning) {
      return;
    }
    nextWarning = now + MINUTE_MILLIS;
    StringJoiner reasons = new StringJoiner(", ");
    untold.forEach((reason, count) -> reasons.add(reason.label() + " " + count));
    LOG.warn(
        "Refused {} of {} records ({}); the first is {}. nextclick deadletters lists them",
        untold.values().stream().mapToLong(Long::longValue).sum(),
        untoldRead,
        reasons,
        first);
    untold.clear();
    untoldRead = 0;
    first = null;
  }

  /** The slot of this minute, emptied when it begins. */
  private int minute() {
    long now = Math.floorDiv(clock.millis(), MINUTE_MILLIS);
    int slot = (int) Math.floorMod(now, (long) MINUTES);
    if (minutes[slot] != now) {
      minutes[slot] = now;
      read[slot] = 0;
      refused[slot] = 0;
    }
    return slot;
  }

  /** The last minutes. */
  public synchronized Window window() {
    long now = Math.floorDiv(clock.millis(), MINUTE_MILLIS);
    long readLately = 0;
    long refusedLately = 0;
    for (int slot = 0; slot < MINUTES; slot++) {
      if (now - minutes[slot] < MINUTES) {
        readLately += read[slot];
        refusedLately += refused[slot];
      }
    }
    return new Window(readLately, refusedLately);
  }

  /** Records refused since the start, by reason. */
  public synchronized Map<Reason, Long> byReason() {
    return new EnumMap<>(all);
  }
}
