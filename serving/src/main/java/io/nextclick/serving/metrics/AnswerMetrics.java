// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.serving.answer.AnswerLog;
import io.nextclick.serving.answer.ClickJoin;
import io.nextclick.serving.answer.ClickSums;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Metrics of the answer log, and of the clicks that followed. One series per model, for at most 201
 * models; {@code rate(clicks) / rate(predicted)} is the calibration of the last while.
 */
public final class AnswerMetrics {

  private AnswerMetrics() {}

  /** Registers those of the log. */
  public static void register(PrometheusRegistry registry, AnswerLog log) {
    Instruments metrics = new Instruments(registry);
    metrics.counter("nextclick_answers_logged", "Answers in the answer log.", log::logged);
    metrics.counter(
        "nextclick_answers_dropped", "Answers left out: queue full, or disk failed.", log::dropped);
    metrics.gauge("nextclick_answers_waiting", "Answers not yet written.", log::waiting);
  }

  /** Registers those of the join. */
  public static void register(PrometheusRegistry registry, ClickJoin join) {
    Instruments metrics = new Instruments(registry);
    metrics.gauge("nextclick_impressions_waiting", "Answers whose window is open.", join::waiting);
    metrics.counter(
        "nextclick_impressions_left_out", "Answers and clicks not joined: no room.", join::leftOut);
    byModel(
        metrics,
        "nextclick_shown_items",
        "Items shown, their windows passed.",
        join,
        ClickSums::items,
        any -> true);
    byModel(
        metrics,
        "nextclick_shown_clicks",
        "Items of these that were clicked.",
        join,
        ClickSums::clicks,
        any -> true);
    byModel(
        metrics,
        "nextclick_calibration_items",
        "Items shown by calibrated models, their windows passed.",
        join,
        ClickSums::items,
        AnswerMetrics::calibrated);
    byModel(
        metrics,
        "nextclick_calibration_clicks",
        "Items of these that were clicked.",
        join,
        ClickSums::clicks,
        AnswerMetrics::calibrated);
    byModel(
        metrics,
        "nextclick_calibration_predicted",
        "Sum of their predicted click probabilities.",
        join,
        ClickSums::predicted,
        AnswerMetrics::calibrated);
    metrics.gauge(
        "nextclick_calibration_clicks_per_predicted",
        "Clicks over the sum of their predicted probabilities; 1 is right on average.",
        "model",
        series ->
            join.sums()
                .forEach((model, sums) -> {
                  if (sums.predicted() > 0) {
                    series.value(model, sums.clicks() / sums.predicted());
                  }
                }));
  }

  private static boolean calibrated(ClickSums sums) {
    return !Double.isNaN(sums.predicted());
  }

  private static void byModel(
      Instruments metrics,
      String name,
      String help,
      ClickJoin join,
      ToDoubleFunction<ClickSums> value,
      Predicate<ClickSums> counted) {
    metrics.counter(
        name,
        help,
        "model",
        series ->
            join.sums()
                .forEach((model, sums) -> {
                  if (counted.test(sums)) {
                    series.value(model, value.applyAsDouble(sums));
                  }
                }));
  }
}
