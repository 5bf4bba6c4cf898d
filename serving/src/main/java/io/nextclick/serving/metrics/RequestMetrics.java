// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.admission.TurnedAway.Reason;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.LongSupplier;

/** What requests take before they are served, and who was not served. */
public final class RequestMetrics {

  private RequestMetrics() {}

  /**
   * Registers all of them.
   *
   * @param connections open ones, of all ports
   */
  public static void register(
      PrometheusRegistry registry,
      MemoryBudget memory,
      TurnedAway turnedAway,
      LongSupplier connections) {
    Instruments metrics = new Instruments(registry);
    metrics.gauge("nextclick_connections", "Connections now.", connections::getAsLong);
    metrics.gauge(
        "nextclick_requests_memory_bytes",
        "Taken by bodies of requests in flight, with what is parsed of them.",
        memory::used);
    metrics.gauge(
        "nextclick_requests_memory_limit_bytes",
        "What they may take: requests.memory.",
        memory::max);
    metrics.counter(
        "nextclick_requests_without_memory",
        "Requests answered 503 because others took the memory for bodies.",
        memory::refused);
    metrics.counter(
        "nextclick_clients_turned_away",
        "Connections closed, and bodies answered 408, before the request was read.",
        "reason",
        series -> {
          for (Reason reason : Reason.values()) {
            series.value(reason.label(), (double) turnedAway.of(reason));
          }
        });
  }
}
