// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.ingest.table.FieldColumns;
import io.nextclick.serving.api.CandidateList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Parquet: {@code user} and {@code item} are strings, {@code candidates} a list of strings, {@code
 * field.NAME} numbers of the item or lists of the candidates' numbers.
 */
final class ParquetTable implements UserTable {

  /** A cell that does not fit; carries no stack trace, because bad input is an everyday case. */
  private static final class NoSuchCell extends Exception {
    private static final long serialVersionUID = 1;

    NoSuchCell(String message) {
      super(message, null, false, false);
    }
  }

  @Override
  public void read(Path file, UserTable.Fields fields, UserTable.Progress progress)
      throws IOException {
    try (ParquetFileReader parquet = ParquetFileReader.open(InputFile.of(file));
        RowReader rows = parquet.rowReader()) {
      Set<String> names = new HashSet<>();
      for (int i = 0; i < rows.getFieldCount(); i++) {
        names.add(rows.getFieldName(i));
      }
      if (!names.contains("user") && !names.contains("item")) {
        throw new IOException(file + ": has neither a column user nor item, but " + names);
      }
      List<String> numbers = FieldColumns.of(file, List.copyOf(new TreeSet<>(names)));
      long total = Math.max(1, parquet.getFileMetaData().numRows());
      for (long row = 1; rows.hasNext(); row++) {
        rows.next();
        UserTable.Cells cells;
        try {
          cells = row(rows, names, numbers);
        } catch (NoSuchCell e) {
          fields.refuse(row, String.valueOf(e.getMessage()));
          continue;
        }
        fields.accept(row, cells);
        progress.at((double) row / total);
      }
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new IOException("%s: not readable as Parquet: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static @Nullable String text(RowReader rows, Set<String> names, String name) {
    return !names.contains(name) || rows.isNull(name) ? null : rows.getString(name);
  }

  private static UserTable.Cells row(RowReader rows, Set<String> names, List<String> numbers)
      throws NoSuchCell {
    String item = text(rows, names, "item");
    List<String> candidates = list(rows, names);
    CandidateFields fields = CandidateFields.NONE;
    if (!numbers.isEmpty()) {
      int items = item != null ? 1 : candidates == null ? 0 : candidates.size();
      fields = numbers(rows, numbers, items);
    }
    return new UserTable.Cells(
        text(rows, names, "user"),
        item,
        candidates == null
            ? null
            : new CandidateList(candidates, item == null ? fields : CandidateFields.NONE),
        null,
        item == null ? CandidateFields.NONE : fields);
  }

  private static @Nullable List<String> list(RowReader rows, Set<String> names) throws NoSuchCell {
    if (!names.contains("candidates") || rows.isNull("candidates")) {
      return null;
    }
    PqList list = rows.getList("candidates");
    for (int i = 0; i < list.size(); i++) {
      if (list.isNull(i)) {
        throw new NoSuchCell("candidates[" + i + "] is missing");
      }
    }
    return List.copyOf(list.strings());
  }

  /** Of each column a number, or a list of them with one for each item. */
  private static CandidateFields numbers(RowReader rows, List<String> columns, int items)
      throws NoSuchCell {
    var fields = new CandidateFields.Builder();
    for (String column : columns) {
      if (rows.isNull(column)) {
        continue;
      }
      Object value = rows.getValue(column);
      List<?> values = value instanceof PqList list ? list.values() : List.of(value);
      if (values.size() != items) {
        throw new NoSuchCell(
            "%s has %d numbers for %d items; null stands for an item without one"
                .formatted(column, values.size(), items));
      }
      for (int i = 0; i < items; i++) {
        fields.put(FieldColumns.name(column), i, number(column, values.get(i)));
      }
    }
    return fields.build(items);
  }

  private static float number(String column, @Nullable Object value) throws NoSuchCell {
    if (value == null) {
      return Float.NaN;
    }
    String fault =
        value instanceof Number number
            ? CandidateFields.fault(number.doubleValue())
            : "is neither a number nor null";
    if (fault != null) {
      throw new NoSuchCell(column + " " + fault);
    }
    return ((Number) value).floatValue();
  }
}
