// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.serving.audit.AuditLog;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Metrics of the audit log. */
public final class AuditMetrics {

  private AuditMetrics() {}

  public static void register(PrometheusRegistry registry, AuditLog log) {
    Instruments metrics = new Instruments(registry);
    metrics.counter("nextclick_audit_lines", "Lines in the audit log.", log::written);
    metrics.counter("nextclick_audit_lost", "Audit entries lost: the queue was full.", log::lost);
    metrics.gauge("nextclick_audit_waiting", "Audit entries not yet written.", log::waiting);
  }
}
