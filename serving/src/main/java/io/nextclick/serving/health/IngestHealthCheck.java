// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.codahale.metrics.health.HealthCheck;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.serving.core.LiveLog;

/** Whether events come in. A broker that is away is a state, not a fault of this process. */
public final class IngestHealthCheck extends HealthCheck {

  private final LiveLog log;

  public IngestHealthCheck(LiveLog log) {
    this.log = log;
  }

  @Override
  protected Result check() {
    IngestStatus status = log.status();
    if (status.state() == IngestStatus.State.FAILED) {
      return Result.unhealthy("ingest failed: %s; restart the process", status.reason());
    }
    for (IngestStatus.Partition partition : status.partitions()) {
      if (partition.failure() != null) {
        return Result.unhealthy("%s is stopped: %s", partition.partition(), partition.failure());
      }
    }
    return Result.healthy("%s", status.state());
  }
}
