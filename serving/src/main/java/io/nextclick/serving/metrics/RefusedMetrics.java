// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.ingest.kafka.RefusedRecords;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the records that were refused by their reason, of which there are a dozen. */
public final class RefusedMetrics {

  private RefusedMetrics() {}

  /** Registers them. */
  public static void register(PrometheusRegistry registry, RefusedRecords records) {
    Instruments metrics = new Instruments(registry);
    metrics.counter(
        "nextclick_ingest_refused_records",
        "Records quarantined since the start, by reason.",
        "reason",
        series ->
            records
                .byReason()
                .forEach((reason, count) -> series.value(reason.label(), (double) count)));
    metrics.gauge(
        "nextclick_ingest_refused_share",
        "Part of the records of the last %d minutes that was refused, 0 to 1."
            .formatted(RefusedRecords.MINUTES),
        () -> records.window().share());
  }
}
