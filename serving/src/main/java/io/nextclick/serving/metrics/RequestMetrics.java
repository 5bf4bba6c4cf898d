// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.admission.TurnedAway.Reason;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
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
    gauge(registry, "nextclick_connections", "Connections now.", connections);
    gauge(
        registry,
        "nextclick_requests_memory_bytes",
        "Taken by bodies of requests in flight, with what is parsed of them.",
        memory::used);
    gauge(
        registry,
        "nextclick_requests_memory_limit_bytes",
        "What they may take: requests.memory.",
        memory::max);
    CounterWithCallback.builder()
        .name("nextclick_requests_without_memory")
        .help("Requests answered 503 because others took the memory for bodies.")
        .callback(callback -> callback.call((double) memory.refused()))
        .register(registry);
    CounterWithCallback.builder()
        .name("nextclick_clients_turned_away")
        .help("Connections closed, and bodies answered 408, before the request was read.")
        .labelNames("reason")
        .callback(callback -> {
          for (Reason reason : Reason.values()) {
            callback.call((double) turnedAway.of(reason), reason.label());
          }
        })
        .register(registry);
  }

  private static void gauge(
      PrometheusRegistry registry, String name, String help, LongSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call((double) value.getAsLong()))
        .register(registry);
  }
}
