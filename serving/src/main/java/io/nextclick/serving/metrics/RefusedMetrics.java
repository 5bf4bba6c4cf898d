// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.ingest.kafka.RefusedRecords;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the records that were refused by their reason, of which there are a dozen. */
public final class RefusedMetrics {

  private RefusedMetrics() {}

  /** Registers them. */
  public static void register(PrometheusRegistry registry, RefusedRecords records) {
    CounterWithCallback.builder()
        .name("nextclick_ingest_refused_records")
        .help("Records quarantined since the start, by reason.")
        .labelNames("reason")
        .callback(callback ->
            records
                .byReason()
                .forEach((reason, count) -> callback.call((double) count, reason.label())))
        .register(registry);
    GaugeWithCallback.builder()
        .name("nextclick_ingest_refused_share")
        .help(
            "Part of the records of the last %d minutes that was refused, 0 to 1."
                .formatted(RefusedRecords.MINUTES))
        .callback(callback -> callback.call(records.window().share()))
        .register(registry);
  }
}
