// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.serving.core.AdmissionGate;
import io.nextclick.serving.core.Freshness;
import io.nextclick.serving.core.LiveLog;
import io.nextclick.serving.core.ModelRegistry;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** Gauges of what is stored and how far behind it is; their number is constant. */
public final class StateMetrics {

  private StateMetrics() {}

  /** Registers all of them. */
  public static void register(
      MetricRegistry metrics,
      SequenceStore store,
      LiveLog log,
      Freshness freshness,
      ModelRegistry models,
      AdmissionGate gate) {
    counter(metrics, store, "applied", Counters::applied);
    counter(metrics, store, "duplicate", Counters::duplicate);
    counter(metrics, store, "late", Counters::late);
    counter(metrics, store, "quarantined", Counters::quarantined);
    counter(metrics, store, "erased", Counters::erased);
    gauge(metrics, "nextclick.items", () -> (long) store.items().size());
    gauge(metrics, "nextclick.models", () -> (long) models.routing().models().size());
    gauge(metrics, "nextclick.rank.waiting", () -> (long) gate.waiting());
    gauge(metrics, "nextclick.rank.refused", gate::refused);
    gauge(metrics, "nextclick.ingest.lag.records", () -> lag(log.status()));
    gauge(metrics, "nextclick.ingest.records", () -> log.status().records());
    gauge(
        metrics,
        "nextclick.ingest.failed.partitions",
        () -> log.status().partitions().stream().filter(p -> p.failure() != null).count());
    gauge(
        metrics,
        "nextclick.state.age.millis",
        () -> {
          Long age = freshness.ageMillis();
          return age == null ? -1L : age;
        });
    for (IngestStatus.State state : IngestStatus.State.values()) {
      gauge(
          metrics,
          "nextclick.ingest.state." + state.name().toLowerCase(Locale.ROOT),
          () -> log.status().state() == state ? 1L : 0L);
    }
  }

  private static void counter(
      MetricRegistry metrics, SequenceStore store, String verdict, ToLongFunction<Counters> of) {
    gauge(
        metrics,
        "nextclick.fold." + verdict,
        () ->
            store.partitions().values().stream()
                .mapToLong(state -> of.applyAsLong(state.counters()))
                .sum());
  }

  private static long lag(IngestStatus status) {
    return status.partitions().stream().mapToLong(p -> Math.max(0, p.lag())).sum();
  }

  private static void gauge(MetricRegistry metrics, String name, Supplier<Long> value) {
    metrics.registerGauge(name, (Gauge<Long>) value::get);
  }
}
