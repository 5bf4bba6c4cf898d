// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.models.Baselines;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.state.Freshness;
import io.nextclick.serving.state.LiveLog;
import io.nextclick.serving.state.ServingStore;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/** What is stored and how far behind it is; the number of series is constant. */
public final class StateMetrics {

  private static final double MILLIS = 1e3;

  private static final Map<String, ToLongFunction<Counters>> VERDICTS =
      Map.of(
          "applied", Counters::applied,
          "duplicate", Counters::duplicate,
          "late", Counters::late,
          "quarantined", Counters::quarantined,
          "erased", Counters::erased,
          "expired", Counters::expired);

  private StateMetrics() {}

  /** Registers all of them. */
  public static void register(
      PrometheusRegistry registry,
      ServingStore store,
      LiveLog log,
      Freshness freshness,
      ModelRegistry models,
      Baselines baselines,
      AdmissionGate gate) {
    Instruments metrics = new Instruments(registry);
    folded(metrics, store);
    metrics.counter(
        "nextclick_retention_dropped_users",
        "Users dropped since the start, who had been silent for longer than store.retention.",
        () -> store.current().forgotten());
    metrics.gauge("nextclick_items", "Items in the catalogue.", () -> store.items().size());
    metrics.gauge("nextclick_models", "Models loaded.", () -> models.routing().models().size());
    metrics.gauge("nextclick_rank_waiting", "Requests that wait to be ranked.", gate::waiting);
    metrics.counter("nextclick_rank_refused", "Requests refused with 503.", gate::refused);
    metrics.gauge(
        "nextclick_ingest_lag_records",
        "Records in Kafka that are not folded yet.",
        () -> lag(log.status()));
    metrics.counter(
        "nextclick_ingest_records",
        "Records read from Kafka since the start.",
        () -> log.status().records());
    metrics.gauge(
        "nextclick_ingest_failed_partitions",
        "Partitions that cannot go on; /ready has the reasons.",
        () -> log.status().partitions().stream().filter(p -> p.failure() != null).count());
    metrics.gauge(
        "nextclick_ingest_gaps",
        "Parts of the log that nobody reads; /ready names them.",
        () -> log.status().gaps().size());
    metrics.gauge(
        "nextclick_log_closed",
        "1 while the log takes no events over HTTP; /ready says why.",
        () -> log.closedBecause() == null ? 0 : 1);
    metrics.gauge(
        "nextclick_baselines_fitted_records",
        "Records of the store that popularity and Markov were fitted to.",
        baselines::fittedRecords);
    metrics.gauge(
        "nextclick_state_unreadable_partitions",
        "Partitions with stored state that cannot be read; /healthcheck has the reasons.",
        () -> store.faults().told().size());
    metrics.counter(
        "nextclick_state_unreadable_reads",
        "Reads of stored state that failed since the start.",
        () -> store.faults().reads());
    metrics.gauge(
        "nextclick_items_memory_bytes",
        "Memory that the items of the catalogue take, about.",
        () -> store.current().catalog().bytes());
    metrics.gauge(
        "nextclick_items_memory_limit_bytes",
        "Memory that they may take; more items are not read.",
        () -> store.current().catalog().maxBytes());
    age(registry, freshness);
    metrics.gauge(
        "nextclick_ingest_partitions",
        "Partitions of the events topic by what is known of their state here.",
        "standing",
        series -> freshness.partitions().forEach((of, count) -> series.value(of.label(), count)));
    ingestState(metrics, log);
  }

  private static void folded(Instruments metrics, SequenceStore store) {
    metrics.counter(
        "nextclick_fold_records",
        "Records folded into the store, by verdict; together they are all that were read.",
        "verdict",
        series -> {
          var partitions = store.partitions().values();
          VERDICTS.forEach((verdict, of) ->
              series.value(
                  verdict,
                  (double)
                      partitions.stream()
                          .mapToLong(state -> of.applyAsLong(state.counters()))
                          .sum()));
        });
  }

  /** No value while it is not known. */
  private static void age(PrometheusRegistry registry, Freshness freshness) {
    GaugeWithCallback.builder()
        .name("nextclick_state_age")
        .unit(Unit.SECONDS)
        .help("How far the state is behind the log; no value while that is not known.")
        .callback(callback -> {
          Long millis = freshness.ageMillis();
          if (millis != null) {
            callback.call(millis / MILLIS);
          }
        })
        .register(registry);
  }

  private static void ingestState(Instruments metrics, LiveLog log) {
    metrics.gauge(
        "nextclick_ingest_state",
        "1 for the state that reading from Kafka is in, else 0.",
        "state",
        series -> {
          IngestStatus.State now = log.status().state();
          for (IngestStatus.State state : IngestStatus.State.values()) {
            series.value(state.name().toLowerCase(Locale.ROOT), state == now ? 1 : 0);
          }
        });
  }

  private static long lag(IngestStatus status) {
    return status.partitions().stream().mapToLong(p -> Math.max(0, p.lag())).sum();
  }
}
