// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.codahale.metrics.health.HealthCheck;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.serving.state.LiveLog;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Whether events come in. A broker that is away is a state, not a fault of this process; a disk
 * that is full is one. Partitions that nobody reads are one when that lasts.
 */
public final class IngestHealthCheck extends HealthCheck {

  /** So long a group may take to share out partitions. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final LiveLog log;
  private final InstantSource clock;

  public IngestHealthCheck(LiveLog log, InstantSource clock) {
    this.log = log;
    this.clock = clock;
  }

  private boolean isOld(IngestStatus status) {
    Instant current = status.currentAsOf();
    Instant since = current == null ? status.since() : current;
    return since.plus(PATIENCE).isBefore(clock.instant());
  }

  @Override
  protected Result check() {
    IngestStatus status = log.status();
    if (status.state() == IngestStatus.State.FAILED) {
      return Result.unhealthy("ingest failed: %s; restart the process", status.reason());
    }
    String fault = log.fault();
    if (fault != null) {
      return Result.unhealthy("the log is gone: %s", fault);
    }
    if (status.state() == IngestStatus.State.PAUSED) {
      return Result.unhealthy("reading pauses: %s", status.reason());
    }
    String refusal = log.refusal();
    if (refusal != null) {
      return Result.unhealthy("no events are taken: %s", refusal);
    }
    for (IngestStatus.Partition partition : status.partitions()) {
      if (partition.failure() != null) {
        return Result.unhealthy("%s is stopped: %s", partition.partition(), partition.failure());
      }
    }
    boolean reading = status.state() == IngestStatus.State.RUNNING;
    if (reading && !status.gaps().isEmpty() && isOld(status)) {
      return Result.unhealthy("%s", String.join("; ", status.gaps()));
    }
    String warning = log.catalogueWarning();
    return Result.healthy("%s%s", status.state(), warning == null ? "" : "; " + warning);
  }
}
