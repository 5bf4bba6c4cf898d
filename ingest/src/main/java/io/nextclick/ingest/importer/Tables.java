// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.ingest.importer.TextLines.Line;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tables that importers read. Every row is either handed out or refused: one bad field
 * costs its own row and no other.
 */
final class Tables {

  /** Lines that one row may have, where a field may hold line breaks. */
  private static final int MAX_LINES_OF_ROW = 100;

  private Tables() {}

  /** Takes one row. */
  @FunctionalInterface
  interface RowReader {
    void accept(Row row) throws IOException;
  }

  /** Turns the header of a table into a reader of its rows. */
  @FunctionalInterface
  interface HeaderReader {
    RowReader accept(Columns columns) throws IOException;
  }

  /** Takes a row that gives no event. */
  @FunctionalInterface
  interface Refusals {
    void refuse(Row row, String reason) throws IOException;
  }

  /** Reads a table whose first line names the columns; rows of another length are refused. */
  static void withHeader(Path file, TableForm form, Refusals refusals, HeaderReader header)
      throws IOException {
    try (var rows = new Rows(file, form)) {
      Columns columns = rows.header();
      rows.read(columns, refusals, header.accept(columns));
    }
  }

  /** Reads a table without a header line; rows of another length than {@code names} are refused. */
  static void withColumns(
      Path file, TableForm form, List<String> names, Refusals refusals, HeaderReader header)
      throws IOException {
    var columns = new Columns(file, names);
    try (var rows = new Rows(file, form)) {
      rows.read(columns, refusals, header.accept(columns));
    }
  }

  /** Reads a table without a header line; rows may have any length. */
  static void withoutHeader(Path file, TableForm form, Refusals refusals, RowReader reader)
      throws IOException {
    try (var rows = new Rows(file, form)) {
      rows.read(null, refusals, reader);
    }
  }

  /** The first line that is not blank, as it stands; null if there is none. */
  static @Nullable String firstLine(Path file, TableForm form) throws IOException {
    try (var rows = new Rows(file, form)) {
      Line line = rows.next();
      return line == null ? null : line.text();
    }
  }

  private static final class Rows implements Closeable {

    private final Path file;
    private final String name;
    private final TableForm form;
    private final TextLines lines;
    private final Deque<Line> ahead = new ArrayDeque<>(); // read on trial, to be read again

    Rows(Path file, TableForm form) throws IOException {
      this.file = file;
      this.name = String.valueOf(file.getFileName());
      this.form = form;
      this.lines = TextLines.open(file, form.encoding());
    }

    Columns header() throws IOException {
      Line line = next();
      if (line == null) {
        throw new IOException(file + ": empty, not even a header line");
      }
      List<String> fields = new ArrayList<>();
      String fault = line.fault() == null ? form.split(line.text(), fields) : line.fault();
      if (fault != null) {
        throw new IOException(
            "%s: line %d, the header, cannot be read: %s".formatted(file, line.number(), fault));
      }
      return new Columns(file, fields.stream().map(String::strip).toList());
    }

    void read(@Nullable Columns columns, Refusals refusals, RowReader reader) throws IOException {
      for (Line line = next(); line != null; line = next()) {
        String text = line.text();
        List<String> fields = new ArrayList<>();
        String fault = line.fault() == null ? form.split(text, fields) : line.fault();
        if (form.multiline() && TableForm.UNCLOSED.equals(fault)) {
          fields.clear();
          String joined = join(line, fields);
          text = joined == null ? text : joined;
          fault = joined == null ? fault : null;
        }
        if (fault == null && columns != null) {
          fault = columns.fault(fields);
        }
        var row = new Row(name, line.number(), text, fields);
        if (fault == null) {
          reader.accept(row);
        } else {
          refusals.refuse(row, fault);
        }
      }
    }

    /** The row that begins with {@code first}; null, and nothing is lost, if it has no end. */
    private @Nullable String join(Line first, List<String> fields) throws IOException {
      var text = new StringBuilder(first.text());
      List<Line> taken = new ArrayList<>();
      while (taken.size() < MAX_LINES_OF_ROW && text.length() < TextLines.MAX_CHARS) {
        Line line = ahead.isEmpty() ? lines.next() : ahead.removeFirst();
        if (line == null) {
          break;
        }
        taken.add(line);
        text.append('\n').append(line.text());
        fields.clear();
        String fault = line.fault() == null ? form.split(text.toString(), fields) : line.fault();
        if (fault == null) {
          return text.toString();
        }
        if (!fault.equals(TableForm.UNCLOSED)) {
          break;
        }
      }
      for (Line line : taken.reversed()) {
        ahead.addFirst(line);
      }
      return null;
    }

    /** The next line that is not blank. */
    @Nullable Line next() throws IOException {
      Line line;
      do {
        line = ahead.isEmpty() ? lines.next() : ahead.removeFirst();
      } while (line != null && line.fault() == null && line.text().isBlank());
      return line;
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }
}
