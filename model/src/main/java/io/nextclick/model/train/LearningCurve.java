// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.evaluate.EvaluationReport.Chart;
import io.nextclick.model.evaluate.EvaluationReport.Line;
import io.nextclick.model.evaluate.LineChart;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Losses and validation by epoch, as a drawing. */
final class LearningCurve {

  private LearningCurve() {}

  /** An SVG file. */
  static String svg(List<Epoch> history, String metric) {
    List<Chart> charts = new ArrayList<>();
    if (history.stream().anyMatch(epoch -> epoch.nextItem() != 0)) {
      charts.add(chart("Loss on next items, nats", history, Epoch::nextItem));
    }
    if (history.stream().anyMatch(epoch -> epoch.click() != 0)) {
      charts.add(chart("Loss on impressions, nats", history, Epoch::click));
    }
    charts.add(chart("Validation " + metric, history, Epoch::metric));
    return LineChart.file(charts);
  }

  private static Chart chart(String title, List<Epoch> history, ToDoubleFunction<Epoch> value) {
    double[][] points =
        history.stream()
            .map(epoch -> new double[] {epoch.number(), value.applyAsDouble(epoch)})
            .toArray(double[][]::new);
    return new Chart(title, "epoch", title, false, List.of(), List.of(new Line(title, points)));
  }
}
