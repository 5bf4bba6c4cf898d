// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.evaluate.EvaluationReport.Chart;
import io.nextclick.model.evaluate.EvaluationReport.Ranker;
import io.nextclick.model.evaluate.EvaluationReport.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;

/** A report as one HTML page with its curves; it loads nothing and runs no script. */
public final class HtmlReport {

  /** Colours of the page; further rankers take them again. */
  private static final int COLOURS = 6;

  /**
   * One more table at the end of the page.
   *
   * @param notes below its title
   * @param header names of the columns
   * @param rows texts in that order
   */
  public record Table(
      String title, List<String> notes, List<String> header, List<List<String>> rows) {}

  private final EvaluationReport report;
  private final String log;
  private final LocalDate day;
  private final StringBuilder page = new StringBuilder();

  private final List<Table> tables;

  private HtmlReport(EvaluationReport report, String log, LocalDate day, List<Table> tables) {
    this.report = report;
    this.log = log;
    this.day = day;
    this.tables = tables;
  }

  /**
   * The whole page.
   *
   * @param log the name of the event log
   * @param day when it was measured
   */
  public static String of(EvaluationReport report, String log, LocalDate day) {
    return of(report, log, day, List.of());
  }

  /**
   * The whole page.
   *
   * @param tables that stand at its end
   */
  public static String of(EvaluationReport report, String log, LocalDate day, List<Table> tables) {
    return new HtmlReport(report, log, day, tables).write();
  }

  private String write() {
    String title = report.rankers().getFirst().name() + " on " + log;
    add(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        <h1>%s</h1>
        <p class="note">Nextclick, %s, %s part, %s</p>
        <p class="verdict">%s</p>
        """
            .formatted(
                escape(title),
                style(),
                escape(title),
                escape(report.protocol()),
                escape(report.split()),
                day,
                escape(report.verdict())));
    add("<ul class=\"counts\">\n");
    report
        .data()
        .forEach((name, count) ->
            add(
                "<li><b>%s</b> %s</li>\n"
                    .formatted(String.format(Locale.ROOT, "%,d", count), escape(name))));
    add("</ul>\n");
    report.notes().forEach(note -> add("<p class=\"note\">%s.</p>\n".formatted(escape(note))));
    metrics();
    charts();
    slices();
    tables.forEach(this::table);
    add(
        "<p class=\"note\">Intervals: 95 %%, bootstrap over users, seed %d.</p>\n</body>\n</html>\n"
            .formatted(report.seed()));
    return page.toString();
  }

  private void metrics() {
    List<Ranker> rankers = report.rankers();
    add("<h2>Metrics</h2>\n<div class=\"scroll\"><table>\n<tr><th></th>");
    header();
    for (String name : report.metricNames()) {
      add("<tr><th>%s</th>".formatted(escape(name)));
      for (Ranker ranker : rankers) {
        String lead = EvaluationReport.lead(ranker, name);
        cell(ranker.name(), value(ranker, name) + (lead.isEmpty() ? "" : behind(lead)));
      }
      add("</tr>\n");
    }
    add("</table></div>\n");
    if (report.protocol().equals(TimeSplit.NAME)) {
      add(
          """
          <p class="note">AUC to ECE: the history is fresh up to each impression. Frozen: it ends with \
          training, and GAUC is only taken so: within a user, past clicks are anti-ordered with what \
          remains. Deduplicated: without rows that repeat a user, an item and a time; GAUC frozen. In \
          page: the mean over pages that have clicks and others, a tie counting half.</p>
          """);
    }
    if (rankers.size() > 1) {
      add(
          "<p class=\"note\">Third line: by how much %s is higher, paired.</p>\n"
              .formatted(escape(rankers.getFirst().name())));
    }
  }

  private void header() {
    for (int r = 0; r < report.rankers().size(); r++) {
      add(
          "<th><i class=\"s%d\"></i>%s</th>"
              .formatted(colour(r), escape(report.rankers().get(r).name())));
    }
    add("</tr>\n");
  }

  /** On a phone cells lie one below the other, each with the name of its column. */
  private void cell(String column, String html) {
    add("<td data-of=\"%s\">%s</td>".formatted(escape(column), html));
  }

  private static String value(Ranker ranker, String name) {
    return escape(EvaluationReport.cell(ranker, name))
        .replaceFirst(" (\\(.*\\))", "<small>$1</small>");
  }

  private static String behind(String lead) {
    return "<small>" + escape(lead) + "</small>";
  }

  private void charts() {
    add("<h2>Curves</h2>\n<div class=\"charts\">\n");
    for (Chart chart : report.charts()) {
      String svg = LineChart.svg(chart);
      if (!svg.isEmpty()) {
        add(
            "<figure><figcaption>%s</figcaption>\n%s</figure>\n"
                .formatted(escape(chart.title()), svg));
      }
    }
    add("</div>\n<p class=\"legend\">");
    for (int r = 0; r < report.rankers().size(); r++) {
      add(
          "<span><i class=\"s%d\"></i>%s</span> "
              .formatted(colour(r), escape(report.rankers().get(r).name())));
    }
    add("</p>\n");
  }

  private void slices() {
    if (report.slices().isEmpty()) {
      return;
    }
    String main = report.mainMetric();
    add("<h2>%s by slice</h2>\n<div class=\"scroll\"><table>\n".formatted(escape(main)));
    add("<tr><th>slice</th><th>rows</th>");
    header();
    String field = "";
    for (Slice slice : report.slices()) {
      add(
          "<tr%s><th>%s %s</th>"
              .formatted(
                  slice.field().equals(field) ? "" : " class=\"first\"",
                  escape(slice.field()),
                  escape(slice.value())));
      cell("rows", String.format(Locale.ROOT, "%,d", slice.rows()));
      field = slice.field();
      slice.rankers().forEach(ranker -> cell(ranker.name(), value(ranker, main)));
      add("</tr>\n");
    }
    add("</table></div>\n");
  }

  private void table(Table table) {
    add("<h2>%s</h2>\n".formatted(escape(table.title)));
    table.notes.forEach(note -> add("<p class=\"note\">%s.</p>\n".formatted(escape(note))));
    add("<div class=\"scroll\"><table>\n<tr>");
    table.header.forEach(name -> add("<th>%s</th>".formatted(escape(name))));
    add("</tr>\n");
    for (List<String> row : table.rows) {
      add("<tr><th>%s</th>".formatted(escape(row.getFirst())));
      for (int column = 1; column < row.size(); column++) {
        cell(table.header.get(column), escape(row.get(column)));
      }
      add("</tr>\n");
    }
    add("</table></div>\n");
  }

  private void add(String html) {
    page.append(html);
  }

  /** The colour of a ranker, from 0. */
  static int colour(int ranker) {
    return ranker % COLOURS;
  }

  /** Text that stands for itself in HTML. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  private static String style() {
    try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
      if (in == null) {
        throw new IllegalStateException("report.css is missing from the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
