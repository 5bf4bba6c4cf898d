// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.SlateFallback;
import io.nextclick.serving.api.SlateMethod;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/**
 * What is counted per request. No name and no label depends on a user, an item or anything else
 * that a request holds: the number of series is constant.
 */
public final class ServingMetrics {

  private static final double[] RANK_SECONDS = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
  };
  private static final double[] AGE_SECONDS = {
    0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600, 3_600, 86_400
  };

  /** Numbers of candidates that no model reads. */
  private static final String UNREAD = "unread";

  /** Numbers that the model reads and no candidate has. */
  private static final String MISSING = "missing";

  private static final String NO_FALLBACK = "none";
  private static final double NANOS = 1e9;
  private static final double MILLIS = 1e3;

  private final Histogram rank;
  private final Histogram age;
  private final Counter fallbacks;
  private final Counter fields;
  private final Counter slates;
  private final Counter published;
  private final Counter refused;

  public ServingMetrics(PrometheusRegistry registry) {
    Instruments metrics = new Instruments(registry);
    rank = metrics.seconds("nextclick_rank", "Time of a whole ranking request.", RANK_SECONDS);
    age =
        metrics.seconds(
            "nextclick_rank_history_age",
            "How far behind the log the state was that a list was ranked from.",
            AGE_SECONDS);
    fallbacks =
        Counter.builder()
            .name("nextclick_rank_fallbacks")
            .help("Lists that another ranker than the model made, by reason.")
            .labelNames("reason")
            .register(registry);
    for (Fallback fallback : Fallback.values()) {
      fallbacks.initLabelValues(fallback.label());
    }
    fields =
        Counter.builder()
            .name("nextclick_rank_fields")
            .help("Lists whose candidates had numbers under names that no model reads, or none.")
            .labelNames("state")
            .register(registry);
    fields.initLabelValues(UNREAD);
    fields.initLabelValues(MISSING);
    slates =
        Counter.builder()
            .name("nextclick_slates")
            .help("Pages, by the method that built them, and why it was not the one asked for.")
            .labelNames("method", "fallback")
            .register(registry);
    slates.initLabelValues(SlateMethod.TOP.label(), NO_FALLBACK);
    slates.initLabelValues(SlateMethod.MMR.label(), NO_FALLBACK);
    for (SlateFallback fallback : SlateFallback.values()) {
      slates.initLabelValues(SlateMethod.TOP.label(), fallback.label());
    }
    published =
        counter("nextclick_events_published", "Events over HTTP that Kafka took in.", registry);
    refused = counter("nextclick_events_refused", "Events over HTTP that were refused.", registry);
  }

  private static Counter counter(String name, String help, PrometheusRegistry registry) {
    return Counter.builder().name(name).help(help).register(registry);
  }

  /** One list was answered after {@code nanos}. */
  public void ranked(RankedList list, long nanos) {
    rank.observe(nanos / NANOS);
    Long ageMillis = list.history().ageMillis();
    if (ageMillis != null) {
      age.observe(ageMillis / MILLIS);
    }
    if (list.fallback() != null) {
      fallbacks.labelValues(list.fallback()).inc();
    }
    if (list.unreadFields() != null) {
      fields.labelValues(UNREAD).inc();
    }
    if (list.missingFields() != null) {
      fields.labelValues(MISSING).inc();
    }
    RankedList.Slate slate = list.slate();
    if (slate != null) {
      slates
          .labelValues(slate.method(), slate.fallback() == null ? NO_FALLBACK : slate.fallback())
          .inc();
    }
  }

  /** Kafka acknowledged {@code events} that came over HTTP. */
  public void published(int events) {
    published.inc(events);
  }

  /** {@code events} that came over HTTP were refused. */
  public void refused(int events) {
    refused.inc(events);
  }
}
