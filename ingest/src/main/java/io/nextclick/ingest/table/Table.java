// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.table;

import io.nextclick.ingest.table.TextLines.Line;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table of text. Every row is either handed out or refused: one bad field costs its own row and
 * no other. Not for several threads.
 */
public final class Table implements Closeable {

  /** The longest row in characters, where the caller names none. */
  public static final int MAX_ROW_CHARS = 1 << 20;

  /** Lines that one row may have, where a field may hold line breaks. */
  private static final int MAX_LINES_OF_ROW = 100;

  /** Takes one row. */
  @FunctionalInterface
  public interface RowReader {
    void accept(Row row) throws IOException;
  }

  /** Turns the header of a table into a reader of its rows. */
  @FunctionalInterface
  public interface HeaderReader {
    RowReader accept(Columns columns) throws IOException;
  }

  /** Takes a row that cannot be read, with the reason. */
  @FunctionalInterface
  public interface Refusals {
    void refuse(Row row, String reason) throws IOException;
  }

  private final Path file;
  private final String name;
  private final TableForm form;
  private final TextLines lines;
  private final Deque<Line> ahead = new ArrayDeque<>(); // read on trial, to be read again

  private Table(Path file, TableForm form, TextLines lines) {
    this.file = file;
    this.name = String.valueOf(file.getFileName());
    this.form = form;
    this.lines = lines;
  }

  /**
   * Opens a table.
   *
   * @param maxRowChars the longest row; longer ones are refused
   * @throws IOException if it cannot be read, or is compressed otherwise than its name says
   */
  public static Table open(Path file, TableForm form, int maxRowChars) throws IOException {
    return new Table(file, form, TextLines.open(file, form.encoding(), maxRowChars));
  }

  /** Reads a table whose first line names the columns; rows of another length are refused. */
  public static void withHeader(Path file, TableForm form, Refusals refusals, HeaderReader header)
      throws IOException {
    try (Table table = open(file, form, MAX_ROW_CHARS)) {
      Columns columns = table.header();
      table.read(columns, refusals, header.accept(columns));
    }
  }

  /** Reads a table without a header line; rows of another length than {@code names} are refused. */
  public static void withColumns(
      Path file, TableForm form, List<String> names, Refusals refusals, HeaderReader header)
      throws IOException {
    var columns = new Columns(file, names);
    try (Table table = open(file, form, MAX_ROW_CHARS)) {
      table.read(columns, refusals, header.accept(columns));
    }
  }

  /** Reads a table without a header line; rows may have any length. */
  public static void withoutHeader(Path file, TableForm form, Refusals refusals, RowReader reader)
      throws IOException {
    try (Table table = open(file, form, MAX_ROW_CHARS)) {
      table.read(null, refusals, reader);
    }
  }

  /** The first line that is not blank, as it stands; null if there is none. */
  public static @Nullable String firstLine(Path file, TableForm form) throws IOException {
    try (Table table = open(file, form, MAX_ROW_CHARS)) {
      Line line = table.next();
      return line == null ? null : line.text();
    }
  }

  /**
   * Reads the header: the first line that is not blank.
   *
   * @throws IOException if there is none, or if it is malformed
   */
  public Columns header() throws IOException {
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

  /**
   * Reads all rows that are left.
   *
   * @param columns what a row must have as many fields as; null for any number
   * @throws IOException if the file is cut off or damaged
   */
  public void read(@Nullable Columns columns, Refusals refusals, RowReader reader)
      throws IOException {
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
    while (taken.size() < MAX_LINES_OF_ROW && text.length() < MAX_ROW_CHARS) {
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
  private @Nullable Line next() throws IOException {
    Line line;
    do {
      line = ahead.isEmpty() ? lines.next() : ahead.removeFirst();
    } while (line != null && line.fault() == null && line.text().isBlank());
    return line;
  }

  /** The part of the file that was read, from 0 to 1. */
  public double done() {
    return lines.done();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
