// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.api.RankedList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What is counted per request. No name depends on a user, an item or anything else that a request
 * holds: the number of series is constant.
 */
public final class ServingMetrics {

  private final Timer rank;
  private final Histogram ageMillis;
  private final Map<String, Counter> fallbacks = new HashMap<>();
  private final Counter published;
  private final Counter refused;

  public ServingMetrics(MetricRegistry registry) {
    rank = registry.timer("nextclick.rank");
    ageMillis = registry.histogram("nextclick.rank.history.age.millis");
    for (Fallback fallback : Fallback.values()) {
      fallbacks.put(
          fallback.label(),
          registry.counter("nextclick.rank.fallback." + fallback.label().replace('-', '_')));
    }
    published = registry.counter("nextclick.events.published");
    refused = registry.counter("nextclick.events.refused");
  }

  /** One list was answered after {@code nanos}. */
  public void ranked(RankedList list, long nanos) {
    rank.update(nanos, TimeUnit.NANOSECONDS);
    Long age = list.history().ageMillis();
    if (age != null) {
      ageMillis.update(age);
    }
    Counter fallback = list.fallback() == null ? null : fallbacks.get(list.fallback());
    if (fallback != null) {
      fallback.inc();
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
