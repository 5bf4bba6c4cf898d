// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import com.codahale.metrics.Counting;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Map;

/**
 * What the process, its JVM, its HTTP server and its log say of themselves. Dropwizard's own
 * measurements are taken over one by one: their names hold class names, addresses and ports.
 */
public final class ServerMetrics {

  private static final String HANDLER = "io.dropwizard.jetty.MutableServletContextHandler.";
  private static final String THREADS = "org.eclipse.jetty.util.thread.QueuedThreadPool.";
  private static final String LOG = "ch.qos.logback.core.Appender.";

  private static final List<String> STATUS = List.of("1xx", "2xx", "3xx", "4xx", "5xx");
  private static final List<String> LEVELS = List.of("warn", "error");
  private static final Map<String, String> POOLS = Map.of("application", "dw", "admin", "dw-admin");

  private final Instruments metrics;
  private final MetricRegistry dropwizard;

  private ServerMetrics(PrometheusRegistry registry, MetricRegistry dropwizard) {
    this.metrics = new Instruments(registry);
    this.dropwizard = dropwizard;
  }

  /**
   * Registers all of them.
   *
   * @param version of this build
   */
  public static void register(
      PrometheusRegistry registry, MetricRegistry dropwizard, String version) {
    JvmMetrics.builder().register(registry);
    Info.builder()
        .name("nextclick_build_info")
        .help("1; the labels say which Nextclick this is.")
        .labelNames("version")
        .register(registry)
        .setLabelValues(version);
    ServerMetrics metrics = new ServerMetrics(registry, dropwizard);
    metrics.http();
    metrics.log();
  }

  private void http() {
    metrics.counter(
        "nextclick_http_responses",
        "Answers on the application port, by the first digit of their status.",
        "status",
        series ->
            STATUS.forEach(status -> series.value(status, count(HANDLER + status + "-responses"))));
    metrics.gauge(
        "nextclick_http_active_requests",
        "Requests on the application port that are being answered.",
        () -> count(HANDLER + "active-requests"));
    pool("nextclick_http_threads", "Threads of the HTTP server, by port.", ".size");
    pool("nextclick_http_queued_jobs", "What waits for a thread of the HTTP server.", ".jobs");
  }

  private void pool(String name, String help, String what) {
    metrics.gauge(
        name,
        help,
        "port",
        series -> POOLS.forEach((port, pool) -> series.value(port, gauge(THREADS + pool + what))));
  }

  private void log() {
    metrics.counter(
        "nextclick_log_lines",
        "Warnings and errors that were logged.",
        "level",
        series -> LEVELS.forEach(level -> series.value(level, count(LOG + level))));
  }

  /** NaN for a measurement that Dropwizard does not make. */
  private double count(String name) {
    return dropwizard.getMetrics().get(name) instanceof Counting counting
        ? counting.getCount()
        : Double.NaN;
  }

  private double gauge(String name) {
    return dropwizard.getMetrics().get(name) instanceof Gauge<?> gauge
            && gauge.getValue() instanceof Number number
        ? number.doubleValue()
        : Double.NaN;
  }
}
