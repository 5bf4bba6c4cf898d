// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.event.Event;
import io.nextclick.model.shape.LogShape;
import io.nextclick.model.shape.LogShapeReader;
import io.nextclick.model.shape.ShapeText;
import io.nextclick.model.shape.ShapeWarnings;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.RefusedOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** An open event log, and what it looks like: known before anything is learnt from it. */
public final class ShapedLog implements AutoCloseable {

  private final EventLog events;
  private final LogShape shape;

  private ShapedLog(EventLog events, LogShape shape) {
    this.events = events;
    this.shape = shape;
  }

  /**
   * Looks through a log.
   *
   * @param refused what to do with lines that are no events
   * @param err gets what was refused, and whether the log was sorted
   * @param outcome the action that would be predicted
   * @param listener hears of every event once, in the order of the file
   * @throws CommandFailed if it is no event log, or too much was refused
   */
  public static ShapedLog open(
      Path file, RefusedOptions refused, PrintWriter err, String outcome, Consumer<Event> listener)
      throws CommandFailed, IOException {
    var reader = new LogShapeReader(outcome);
    EventLog log = EventLog.open(file, refused, err, reader.andThen(listener));
    try {
      return new ShapedLog(log, log.isSorted() ? LogShape.of(log, outcome) : reader.shape());
    } catch (RuntimeException e) {
      log.close();
      throw e;
    }
  }

  EventLog events() {
    return events;
  }

  /** Its figures. */
  public LogShape shape() {
    return shape;
  }

  /** What makes figures wrong or a model useless, each a sentence. */
  List<String> warnings() {
    return ShapeWarnings.of(shape);
  }

  /** For a terminal: a line per subject, then a line per warning. */
  public void print(PrintWriter out) {
    ShapeText.of(shape).forEach((subject, line) -> out.printf("%-14s %s%n", subject, line));
    warnings().forEach(warning -> out.printf("%-14s %s%n", "warning", warning));
    if (warnings().isEmpty()) {
      out.printf("%-14s %s%n", "warnings", "none");
    }
    out.flush();
  }

  /** For a JSON object. */
  public Map<String, Object> report() {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("notes", events.notes());
    report.put("shape", shape);
    report.put("warnings", warnings());
    return report;
  }

  @Override
  public void close() throws IOException {
    events.close();
  }
}
