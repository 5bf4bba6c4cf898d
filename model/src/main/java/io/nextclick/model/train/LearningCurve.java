// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.evaluate.EvaluationReport.Chart;
import io.nextclick.model.evaluate.EvaluationReport.Line;
import io.nextclick.model.evaluate.LineChart;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Losses and validation by epoch, as a drawing. */
final class LearningCurve {

  private LearningCurve() {}

  /**
   * An SVG file.
   *
   * @param best epoch, whose weights the model has
   */
  static String svg(List<Epoch> history, int best, String metric) {
    List<Chart> charts = new ArrayList<>();
    if (history.stream().anyMatch(epoch -> epoch.nextItem() != 0)) {
      charts.add(chart("Loss on next items, nats", history, Epoch::nextItem));
    }
    if (history.stream().anyMatch(epoch -> epoch.click() != 0)) {
      charts.add(chart("Loss on impressions, nats", history, Epoch::click));
    }
    charts.add(chart("Validation " + metric, history, Epoch::metric));
    String title =
        String.format(
            Locale.ROOT,
            "Best of %d epochs was %d: %s %.4f on validation",
            history.size(),
            best,
            metric,
            history.get(best - 1).metric());
    return LineChart.file(title, charts, best);
  }

  private static Chart chart(String title, List<Epoch> history, ToDoubleFunction<Epoch> value) {
    double[][] points =
        history.stream()
            .map(epoch -> new double[] {epoch.number(), value.applyAsDouble(epoch)})
            .toArray(double[][]::new);
    return new Chart(title, "epoch", title, false, List.of(), List.of(new Line(title, points)));
  }
}
