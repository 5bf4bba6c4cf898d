// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.features.store.ImpressionStore.Sums;
import io.nextclick.serving.answer.AnswerLog;
import io.nextclick.serving.answer.ClickJoin;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
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
        "nextclick_shown_items",
        "Items shown, their windows passed.",
        join,
        Sums::items,
        any -> true);
    metrics.byModel(
        "nextclick_shown_clicks",
        "Items of these that were clicked.",
        join,
        Sums::clicks,
        any -> true);
    metrics.byModel(
        "nextclick_calibration_items",
        "Items shown by calibrated models, their windows passed.",
        join,
        Sums::items,
        AnswerMetrics::calibrated);
    metrics.byModel(
        "nextclick_calibration_clicks",
        "Items of these that were clicked.",
        join,
        Sums::clicks,
        AnswerMetrics::calibrated);
    metrics.byModel(
        "nextclick_calibration_predicted",
        "Sum of their predicted click probabilities.",
        join,
        Sums::predicted,
        AnswerMetrics::calibrated);
    GaugeWithCallback.builder()
        .name("nextclick_calibration_clicks_per_predicted")
        .help("Clicks over the sum of their predicted probabilities; 1 is right on average.")
        .labelNames("model")
        .callback(callback ->
            join.sums()
                .forEach((model, sums) -> {
                  if (sums.predicted() > 0) {
                    callback.call(sums.clicks() / sums.predicted(), model);
                  }
                }))
        .register(registry);
  }

  private static boolean calibrated(Sums sums) {
    return !Double.isNaN(sums.predicted());
  }

  private void byModel(
      String name,
      String help,
      ClickJoin join,
      ToDoubleFunction<Sums> value,
      Predicate<Sums> counted) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("model")
        .callback(callback ->
            join.sums()
                .forEach((model, sums) -> {
                  if (counted.test(sums)) {
                    callback.call(value.applyAsDouble(sums), model);
                  }
                }))
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
