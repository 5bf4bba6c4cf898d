// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.function.Supplier;

/** Gauges of the answer log; their number is constant. */
public final class AnswerMetrics {

  private AnswerMetrics() {}

  /** Registers all of them. */
  public static void register(MetricRegistry metrics, AnswerLog log) {
    gauge(metrics, "nextclick.answers.logged", log::logged);
    gauge(metrics, "nextclick.answers.dropped", log::dropped);
    gauge(metrics, "nextclick.answers.waiting", () -> (long) log.waiting());
  }

  private static void gauge(MetricRegistry metrics, String name, Supplier<Long> value) {
    metrics.registerGauge(name, (Gauge<Long>) value::get);
  }
}
