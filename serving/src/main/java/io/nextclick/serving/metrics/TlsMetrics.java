// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** How long the certificates are valid, and whether new ones were taken. */
public final class TlsMetrics {

  private TlsMetrics() {}

  /**
   * Registers all of them.
   *
   * @param secondsLeft until a certificate ends, by port; empty without TLS
   * @param taken new files
   * @param refused new files that cannot be used
   */
  public static void register(
      PrometheusRegistry registry,
      Supplier<Map<String, Double>> secondsLeft,
      LongSupplier taken,
      LongSupplier refused) {
    Instruments metrics = new Instruments(registry);
    metrics.gauge(
        "nextclick_certificate_left_seconds",
        "Until the certificate of a port expires; negative when it has.",
        "port",
        series -> secondsLeft.get().forEach(series::value));
    metrics.counter(
        "nextclick_certificate_reloads",
        "Certificates whose files changed, by what became of it: a refused one is not in use.",
        "outcome",
        series -> {
          series.value("taken", (double) taken.getAsLong());
          series.value("refused", (double) refused.getAsLong());
        });
  }
}
