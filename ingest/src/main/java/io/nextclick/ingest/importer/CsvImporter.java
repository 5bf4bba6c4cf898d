// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Event;
import io.nextclick.ingest.importer.NumberColumns.NoNumbers;
import io.nextclick.ingest.importer.TimeColumn.NoTimeException;
import io.nextclick.ingest.table.Columns;
import io.nextclick.ingest.table.Row;
import io.nextclick.ingest.table.Table;
import io.nextclick.ingest.table.TableForm;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Any table of text whose columns the caller names.
 *
 * @param form how its rows are written; null to tell the separator by the header
 * @param header the columns in order of a table without a header line; null if it has one
 * @param columns the columns to take
 * @param times how times are written
 * @param defaultAction the action of every row without one
 * @param actions what stands in the column of the action, to the action that it is; what is not
 *     there stands for itself
 */
public record CsvImporter(
    @Nullable TableForm form,
    @Nullable List<String> header,
    CsvColumns columns,
    TimeColumn times,
    String defaultAction,
    Map<String, String> actions)
    implements Importer {

  /** Separators that are told by the header. */
  private static final List<String> SEPARATORS = List.of(",", ";", "\t", "|");

  @Override
  public void read(Path in, ImportOutput output) throws IOException {
    Path file = ImportInput.onlyFile(in);
    TableForm rows = form == null ? detect(file, output.settings().encoding()) : form;
    Table.HeaderReader reader = names -> new Rows(names, output)::read;
    if (header == null) {
      Table.withHeader(file, rows, output, reader);
    } else {
      Table.withColumns(file, rows, header, output, reader);
    }
  }

  /** The form in which the first line has all columns, a comma if none does. */
  private TableForm detect(Path file, @Nullable Charset encoding) throws IOException {
    TableForm comma = TableForm.separatedBy(",", encoding);
    if (!Files.isRegularFile(file)) {
      return comma; // what a pipe says can be read once
    }
    String first = Table.firstLine(file, comma);
    for (String separator : SEPARATORS) {
      TableForm candidate = TableForm.separatedBy(separator, encoding);
      List<String> fields = new ArrayList<>();
      if (first != null && candidate.split(first, fields) == null && fits(fields)) {
        return candidate;
      }
    }
    return comma;
  }

  private boolean fits(List<String> fields) {
    return header == null
        ? fields.stream().map(String::strip).toList().containsAll(columns.names())
        : fields.size() == header.size();
  }

  /** Makes events of rows. */
  private final class Rows {

    private final ImportOutput output;
    private final int user;
    private final int item;
    private final int time;
    private final int action;
    private final int request;
    private final int shown;
    private final NumberColumns numbers;
    private final int[] context;

    Rows(Columns names, ImportOutput output) throws IOException {
      this.output = output;
      user = names.require(columns.user());
      shown = names.place(columns.shown());
      item = shown < 0 ? names.require(columns.item()) : -1;
      time = names.place(columns.time());
      action = names.place(columns.action());
      request = names.place(columns.request());
      numbers = NumberColumns.of(columns.fields(), names);
      context = new int[columns.context().size()];
      for (int c = 0; c < context.length; c++) {
        context[c] = names.require(columns.context().get(c));
      }
    }

    void read(Row row) throws IOException {
      long timeMillis;
      try {
        timeMillis =
            time < 0
                ? output.madeUpTime(row.line())
                : times.read(row.fields().get(time), output.settings().times());
      } catch (NoTimeException e) {
        output.refuse(row, "column '" + columns.time() + "': " + e.getMessage() + e.option());
        return;
      }
      String id = "row-" + row.line();
      try {
        if (shown < 0) {
          String cell = action < 0 ? defaultAction : field(row, action);
          output.write(row, event(row, id, actions.getOrDefault(cell, cell), timeMillis));
        } else {
          writeShown(row, id, timeMillis);
        }
      } catch (NoNumbers e) {
        output.refuse(row, String.valueOf(e.getMessage()));
      }
    }

    private Event event(Row row, String id, String does, long timeMillis) throws NoNumbers {
      return new Event(
          id,
          does,
          field(row, user),
          List.of(field(row, item)),
          timeMillis,
          request < 0 || field(row, request).isEmpty() ? null : field(row, request),
          contextOf(row),
          Map.of(),
          true,
          numbers.ofOne(row));
    }

    /** One impression of all items, and the action for each that ends in -1. */
    private void writeShown(Row row, String id, long timeMillis) throws IOException, NoNumbers {
      List<String> items = new ArrayList<>();
      List<String> chosen = new ArrayList<>();
      for (String entry : field(row, shown).split("\\s+")) {
        if (!entry.matches(".+-[01]")) {
          output.refuse(row, "column '" + columns.shown() + "' holds no list such as i1-0 i2-1");
          return;
        }
        String name = entry.substring(0, entry.length() - 2);
        items.add(name);
        if (entry.endsWith("1")) {
          chosen.add(name);
        }
      }
      String of = request < 0 || field(row, request).isEmpty() ? id : field(row, request);
      String who = field(row, user);
      CandidateFields fields = numbers.ofAll(row, items.size());
      Event page =
          new Event(
              id, "impression", who, items, timeMillis, of, contextOf(row), Map.of(), true, fields);
      if (!output.write(row, page)) {
        return;
      }
      for (int c = 0; c < chosen.size(); c++) {
        output.write(
            row,
            new Event(
                id + "-" + c,
                defaultAction,
                who,
                List.of(chosen.get(c)),
                timeMillis,
                of,
                Map.of(),
                Map.of(),
                true));
      }
    }

    private Map<String, String> contextOf(Row row) {
      Map<String, String> values = new HashMap<>();
      for (int c = 0; c < context.length; c++) {
        String value = field(row, context[c]);
        if (!value.isEmpty()) {
          values.put(columns.context().get(c), value);
        }
      }
      return values;
    }

    /** A cell without the blanks around it. */
    private static String field(Row row, int place) {
      return row.fields().get(place).strip();
    }
  }
}
