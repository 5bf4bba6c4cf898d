// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.ingest.table.Columns;
import io.nextclick.ingest.table.Row;
import io.nextclick.ingest.table.Table;
import io.nextclick.ingest.table.TableForm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CSV (RFC 4180, a line per row) with a header line; {@code candidates} are separated by {@code |}.
 * Columns of other names are passed over.
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
      table.read(
          columns,
          (row, reason) -> fields.refuse(row.line(), reason),
          row -> {
            fields.accept(row.line(), row(names, row));
            progress.at(table.done());
          });
    }
  }

  private static UserTable.Cells row(List<String> names, Row row) {
    String candidates = field(names, row, "candidates");
    return new UserTable.Cells(
        field(names, row, "user"),
        field(names, row, "item"),
        candidates == null || candidates.isEmpty()
            ? null
            : Arrays.asList(candidates.split("\\|", -1)),
        null);
  }

  private static @Nullable String field(List<String> names, Row row, String name) {
    int at = names.indexOf(name);
    return at < 0 ? null : row.fields().get(at);
  }
}
