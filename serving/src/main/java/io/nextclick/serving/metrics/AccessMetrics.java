// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.serving.access.Access;
import io.nextclick.serving.access.CallerLimits;
import io.nextclick.serving.access.CallerLimits.Kind;
import io.nextclick.serving.access.Login.Reason;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Requests that were not let in, by reason. No metric names a caller. */
public final class AccessMetrics {

  private final Map<Reason, LongAdder> logins = new EnumMap<>(Reason.class);
  private final Map<Page, LongAdder> pages = new EnumMap<>(Page.class);
  private final LongAdder forbidden = new LongAdder();

  /** What a page of another origin may have tried. */
  public enum Page {
    /** The Host header names another host. */
    HOST,
    /** The origin is not listed. */
    ORIGIN,
    /** The body is of a type that a form can send. */
    FORM
  }

  public AccessMetrics() {
    for (Reason reason : Reason.values()) {
      logins.put(reason, new LongAdder());
    }
    for (Page page : Page.values()) {
      pages.put(page, new LongAdder());
    }
  }

  /** Registers all of them. */
  public void register(PrometheusRegistry registry, Access access, CallerLimits limits) {
    Instruments metrics = new Instruments(registry);
    metrics.gauge(
        "nextclick_access_open",
        "1 while everybody may do everything.",
        () -> access.isOpen() ? 1 : 0);
    metrics.counter(
        "nextclick_failed_logins", "Keys and tokens that did not count.", access::failures);
    metrics.counter(
        "nextclick_requests_refused",
        "Requests that were not let in, before the body was read.",
        "reason",
        series -> {
          logins.forEach((reason, count) -> series.value(label(reason), (double) count.sum()));
          pages.forEach((page, count) -> series.value(label(page), (double) count.sum()));
          series.value("no-role", (double) forbidden.sum());
          for (Kind kind : Kind.values()) {
            series.value("limit-" + label(kind), (double) limits.refused(kind));
          }
        });
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Nobody known asked. */
  public void refused(Reason reason) {
    count(logins, reason);
  }

  /** A page of another origin may have asked. */
  public void refused(Page why) {
    count(pages, why);
  }

  /** Somebody known asked for what they may not. */
  public void forbidden() {
    forbidden.increment();
  }

  private static <K> void count(Map<K, LongAdder> counts, K key) {
    LongAdder count = counts.get(key);
    if (count != null) {
      count.increment();
    }
  }
}
