// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.model.evaluate.EvaluationReport.Chart;
import io.nextclick.model.evaluate.EvaluationReport.Line;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** A chart as SVG for a page that styles its classes {@code axis}, {@code grid} and {@code sN}. */
public final class LineChart {

  private static final int WIDTH = 460;
  private static final int HEIGHT = 340;
  private static final int LEFT = 56;
  private static final int RIGHT = 16;
  private static final int TOP = 12;
  private static final int BOTTOM = 46;
  private static final int HEAD = 28; // room for a title
  private static final int MOST_TICKS = 7;

  private final Chart chart;
  private final double mark; // an x with a line of its own, or NaN
  private final double[] x; // ends of the axis
  private final double[] y;

  private LineChart(Chart chart, double mark) {
    this.chart = chart;
    this.mark = mark;
    if (chart.diagonal()) {
      // Not to 1: where a hundredth is clicked, everything would lie in one corner.
      double most = Math.max(range(chart, 0)[1], range(chart, 1)[1]);
      double[] ticks = ticks(new double[] {0, most});
      double step = ticks.length > 1 ? ticks[1] : 1;
      this.x = new double[] {0, Math.min(1, step * Math.ceil(most / step - 1e-9))};
      this.y = x;
    } else {
      this.x = chart.ticks().isEmpty() ? range(chart, 0) : ticked(chart.ticks().size());
      this.y = padded(range(chart, 1));
    }
  }

  /**
   * Charts as one file, one below the other, that needs no page around it.
   *
   * @param title above them
   * @param mark an x that is marked as the best
   */
  public static String file(String title, List<Chart> charts, double mark) {
    var svg =
        new StringBuilder(
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%1$d" height="%2$d">
            <style>
            text { font: 12px sans-serif; fill: #333 }
            .title { font-weight: bold }
            .grid { stroke: #ddd }
            .mark { stroke: #c02020; stroke-dasharray: 4 3 }
            .axis { stroke: #888 }
            polyline { fill: none; stroke-width: 2 }
            polyline.s0 { stroke: #1f6fb4 }
            circle.s0 { fill: #1f6fb4 }
            </style>
            <rect width="100%%" height="100%%" fill="#fff"/>
            <text class="title" x="%3$d" y="%4$d">%5$s</text>
            """
                .formatted(
                    WIDTH,
                    HEAD + (HEIGHT + HEAD) * charts.size(),
                    LEFT,
                    HEAD - 8,
                    HtmlReport.escape(title)));
    for (int c = 0; c < charts.size(); c++) {
      int top = HEAD + (HEIGHT + HEAD) * c;
      svg.append(
          "<text class=\"title\" x=\"%d\" y=\"%d\">%s</text>\n"
              .formatted(LEFT, top + HEAD - 8, HtmlReport.escape(charts.get(c).title())));
      String place = "y=\"%d\" width=\"%d\" height=\"%d\" ".formatted(top + HEAD, WIDTH, HEIGHT);
      svg.append(svg(charts.get(c), mark).replaceFirst("<svg ", "<svg " + place));
    }
    return svg.append("</svg>\n").toString();
  }

  /** The chart as one {@code svg} element. */
  static String svg(Chart chart) {
    return svg(chart, Double.NaN);
  }

  private static String svg(Chart chart, double mark) {
    return chart.lines().stream().allMatch(line -> line.points().length == 0)
        ? ""
        : new LineChart(chart, mark).draw();
  }

  private String draw() {
    var svg =
        new StringBuilder(
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n"
                .formatted(WIDTH, HEIGHT, HtmlReport.escape(chart.title())));
    for (double value : ticks(y)) {
      svg.append(line("grid", LEFT, atY(value), WIDTH - RIGHT, atY(value)));
      svg.append(text("end", LEFT - 8, atY(value) + 4, number(value, y[1] - y[0])));
    }
    List<String> names = chart.ticks();
    double[] marks =
        names.isEmpty()
            ? (counts() ? wholeTicks(x) : ticks(x))
            : IntStream.range(0, names.size()).asDoubleStream().toArray();
    for (int tick = 0; tick < marks.length; tick++) {
      String name =
          !names.isEmpty()
              ? names.get(tick)
              : counts() ? "%.0f".formatted(marks[tick]) : number(marks[tick], x[1] - x[0]);
      svg.append(text("middle", atX(marks[tick]), HEIGHT - BOTTOM + 18, name));
    }
    svg.append(line("axis", LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM));
    svg.append(text("middle", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, chart.x()));
    svg.append(
        "<text transform=\"translate(13 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n"
            .formatted((TOP + HEIGHT - BOTTOM) / 2, HtmlReport.escape(chart.y())));
    if (chart.diagonal()) {
      svg.append(line("diagonal", atX(x[0]), atY(x[0]), atX(x[1]), atY(x[1])));
    }
    if (!Double.isNaN(mark)) {
      svg.append(line("mark", atX(mark), TOP, atX(mark), HEIGHT - BOTTOM));
      boolean left = atX(mark) > (LEFT + WIDTH) / 2.0;
      svg.append(text(left ? "end" : "start", atX(mark) + (left ? -6 : 6), TOP + 10, "best"));
    }
    for (int series = chart.lines().size() - 1; series >= 0; series--) { // the first on top
      svg.append(polyline(chart.lines().get(series), series));
    }
    return svg.append("</svg>\n").toString();
  }

  private String polyline(Line line, int series) {
    var points = new StringBuilder();
    var dots = new StringBuilder();
    boolean few = line.points().length <= 20;
    for (double[] point : line.points()) {
      String at = format(atX(point[0])) + "," + format(atY(point[1]));
      points.append(at).append(' ');
      if (few) {
        dots.append(
            "<circle class=\"s%d\" cx=\"%s\" cy=\"%s\" r=\"3\"><title>%s: %s, %s</title></circle>\n"
                .formatted(
                    HtmlReport.colour(series),
                    format(atX(point[0])),
                    format(atY(point[1])),
                    HtmlReport.escape(line.ranker()),
                    number(point[0], 0.1),
                    number(point[1], 0.1)));
      }
    }
    return "<polyline class=\"s%d\" points=\"%s\"/>\n%s"
        .formatted(HtmlReport.colour(series), points.toString().strip(), dots);
  }

  /** Round numbers on an axis: multiples of 1, 2 or 5 times a power of ten. */
  static double[] ticks(double[] ends) {
    double raw = (ends[1] - ends[0]) / MOST_TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double step = power * (raw <= power ? 1 : raw <= 2 * power ? 2 : raw <= 5 * power ? 5 : 10);
    int first = (int) Math.ceil(ends[0] / step - 1e-9);
    int last = (int) Math.floor(ends[1] / step + 1e-9);
    return IntStream.rangeClosed(first, last).mapToDouble(n -> n * step).toArray();
  }

  /** Whether to the right lies what is counted, such as epochs: there is no epoch 1.5. */
  private boolean counts() {
    return chart.ticks().isEmpty()
        && chart.lines().stream()
            .flatMap(line -> Arrays.stream(line.points()))
            .allMatch(point -> point[0] >= 1 && point[0] == Math.rint(point[0]));
  }

  /** The same, of whole numbers. */
  static double[] wholeTicks(double[] ends) {
    return Arrays.stream(ticks(ends)).filter(tick -> tick == Math.rint(tick)).toArray();
  }

  private double atX(double value) {
    return LEFT + (value - x[0]) / (x[1] - x[0]) * (WIDTH - LEFT - RIGHT);
  }

  private double atY(double value) {
    return HEIGHT - BOTTOM - (value - y[0]) / (y[1] - y[0]) * (HEIGHT - BOTTOM - TOP);
  }

  /** The smallest and largest of one coordinate. */
  private static double[] range(Chart chart, int axis) {
    ToDoubleFunction<double[]> coordinate = point -> point[axis];
    var values =
        chart.lines().stream()
            .flatMap(line -> Arrays.stream(line.points()))
            .mapToDouble(coordinate)
            .summaryStatistics();
    double middle = values.getMin() == values.getMax() && axis == 0 ? 0.5 : 0;
    return new double[] {values.getMin() - middle, values.getMax() + middle};
  }

  private static double[] ticked(int ticks) {
    return new double[] {-0.3, ticks - 0.7};
  }

  private static double[] padded(double[] range) {
    double pad = range[1] > range[0] ? 0.08 * (range[1] - range[0]) : 0.05;
    double low = range[0] - pad;
    return new double[] {range[0] >= 0 ? Math.max(0, low) : low, range[1] + pad};
  }

  private static String line(String kind, double x1, double y1, double x2, double y2) {
    return "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>\n"
        .formatted(kind, format(x1), format(y1), format(x2), format(y2));
  }

  private static String text(String anchor, double x, double y, String text) {
    return "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>\n"
        .formatted(format(x), format(y), anchor, HtmlReport.escape(text));
  }

  private static String format(double pixels) {
    return String.format(Locale.ROOT, "%.1f", pixels);
  }

  private static String number(double value, double range) {
    return String.format(Locale.ROOT, range > 10 ? "%.0f" : range >= 0.1 ? "%.2f" : "%.3f", value);
  }
}
