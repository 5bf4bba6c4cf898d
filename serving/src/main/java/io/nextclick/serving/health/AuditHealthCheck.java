// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.codahale.metrics.health.HealthCheck;
import io.nextclick.serving.audit.AuditLog;

/** Whether it is written down who did what; ranking goes on without. */
public final class AuditHealthCheck extends HealthCheck {

  private final AuditLog log;

  public AuditHealthCheck(AuditLog log) {
    this.log = log;
  }

  @Override
  protected Result check() {
    String fault = log.fault();
    return fault == null ? Result.healthy() : Result.unhealthy("%s", fault);
  }
}
