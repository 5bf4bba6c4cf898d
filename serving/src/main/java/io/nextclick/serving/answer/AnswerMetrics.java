// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.store.ImpressionStore.Sums;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Metrics of the answer log, and of the clicks that followed. One series per model, for at most 201
 * models; {@code rate(clicks) / rate(predicted)} is the calibration of the last while.
 */
public final class AnswerMetrics {

  private final PrometheusRegistry registry;

  private AnswerMetrics(PrometheusRegistry registry) {
    this.registry = registry;
  }

  /** Registers those of the log. */
  public static void register(PrometheusRegistry registry, AnswerLog log) {
    AnswerMetrics metrics = new AnswerMetrics(registry);
    metrics.counter("nextclick_answers_logged", "Answers in the answer log.", log::logged);
    metrics.counter(
        "nextclick_answers_dropped", "Answers left out: queue full, or disk failed.", log::dropped);
    metrics.gauge("nextclick_answers_waiting", "Answers not yet written.", log::waiting);
  }

  /** Registers those of the join. */
  public static void register(PrometheusRegistry registry, ClickJoin join) {
    AnswerMetrics metrics = new AnswerMetrics(registry);
    metrics.gauge("nextclick_impressions_waiting", "Answers whose window is open.", join::waiting);
    metrics.counter(
        "nextclick_impressions_left_out", "Answers and clicks not joined: no room.", join::leftOut);
    metrics.byModel(
        "nextclick_calibration_items", "Items shown, their windows passed.", join, Sums::items);
    metrics.byModel(
        "nextclick_calibration_clicks", "Items of these that were clicked.", join, Sums::clicks);
    metrics.byModel(
        "nextclick_calibration_predicted",
        "Sum of their predicted click probabilities.",
        join,
        Sums::predicted);
    GaugeWithCallback.builder()
        .name("nextclick_calibration_clicks_per_predicted")
        .help("Clicks over the sum of their predicted probabilities; 1 is right on average.")
        .labelNames("model")
        .callback(callback ->
            join.sums()
                .forEach((model, sums) -> callback.call(sums.clicks() / sums.predicted(), model)))
        .register(registry);
  }

  private void byModel(String name, String help, ClickJoin join, ToDoubleFunction<Sums> value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("model")
        .callback(callback ->
            join.sums().forEach((model, sums) -> callback.call(value.applyAsDouble(sums), model)))
        .register(registry);
  }

  private void counter(String name, String help, DoubleSupplier value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
  }
}
