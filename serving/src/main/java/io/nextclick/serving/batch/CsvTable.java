// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.ingest.table.Columns;
import io.nextclick.ingest.table.FieldColumns;
import io.nextclick.ingest.table.Row;
import io.nextclick.ingest.table.Table;
import io.nextclick.ingest.table.TableForm;
import io.nextclick.serving.api.CandidateList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CSV (RFC 4180, a line per row) with a header line; {@code candidates}, and their numbers in
 * columns {@code field.NAME}, are separated by {@code |}. Columns of other names are passed over.
 */
final class CsvTable implements UserTable {

  private static final int MAX_ROW_CHARS = 64 << 20;

  @Override
  public void read(Path file, UserTable.Fields fields, UserTable.Progress progress)
      throws IOException {
    TableForm form = TableForm.separatedBy(",", null);
    try (Table table = Table.open(file, form, MAX_ROW_CHARS)) {
      Columns columns = table.header();
      List<String> names = columns.names();
      if (!names.contains("user") && !names.contains("item")) {
        throw new IOException(file + ": its header has neither user nor item, but " + names);
      }
      List<String> numbers = FieldColumns.of(file, names);
      table.read(
          columns,
          (row, reason) -> fields.refuse(row.line(), reason),
          row -> {
            try {
              fields.accept(row.line(), row(names, numbers, row));
            } catch (IllegalArgumentException e) {
              fields.refuse(row.line(), String.valueOf(e.getMessage()));
            }
            progress.at(table.done());
          });
    }
  }

  private static UserTable.Cells row(List<String> names, List<String> numbers, Row row) {
    String candidates = field(names, row, "candidates");
    List<String> items =
        candidates == null || candidates.isEmpty()
            ? List.of()
            : List.of(candidates.split("\\|", -1));
    String item = field(names, row, "item");
    CandidateFields fields = numbers(names, numbers, row, item == null ? items.size() : 1);
    return new UserTable.Cells(
        field(names, row, "user"),
        item,
        items.isEmpty()
            ? null
            : new CandidateList(items, item == null ? fields : CandidateFields.NONE),
        null,
        item == null ? CandidateFields.NONE : fields);
  }

  /**
   * The numbers of a row.
   *
   * @throws IllegalArgumentException naming the column that has others, or not as many as items
   */
  private static CandidateFields numbers(
      List<String> names, List<String> columns, Row row, int items) {
    var fields = new CandidateFields.Builder();
    for (String column : columns) {
      String cell = row.fields().get(names.indexOf(column));
      String[] texts = cell.split("\\|", -1);
      if (cell.isEmpty()) {
        continue;
      }
      if (texts.length != items) {
        throw new IllegalArgumentException(
            "%s has %d numbers for %d items; an empty place stands for an item without one"
                .formatted(column, texts.length, items));
      }
      for (int i = 0; i < items; i++) {
        fields.put(FieldColumns.name(column), i, number(column, texts[i].strip()));
      }
    }
    return fields.build(items);
  }

  private static float number(String column, String text) {
    try {
      return text.isEmpty() ? Float.NaN : CandidateFields.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(column + " " + e.getMessage(), e);
    }
  }

  private static @Nullable String field(List<String> names, Row row, String name) {
    int at = names.indexOf(name);
    return at < 0 ? null : row.fields().get(at);
  }
}
