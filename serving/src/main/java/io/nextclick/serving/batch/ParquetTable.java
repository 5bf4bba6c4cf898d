// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parquet: {@code user} and {@code item} are strings, {@code candidates} a list of strings. */
final class ParquetTable implements UserTable {

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
      long total = Math.max(1, parquet.getFileMetaData().numRows());
      for (long row = 1; rows.hasNext(); row++) {
        rows.next();
        fields.accept(
            row,
            new UserTable.Cells(
                text(rows, names, "user"), text(rows, names, "item"), list(rows, names), null));
        progress.at((double) row / total);
      }
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new IOException("%s: not readable as Parquet: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static @Nullable String text(RowReader rows, Set<String> names, String name) {
    return !names.contains(name) || rows.isNull(name) ? null : rows.getString(name);
  }

  private static @Nullable List<@Nullable String> list(RowReader rows, Set<String> names) {
    if (!names.contains("candidates") || rows.isNull("candidates")) {
      return null;
    }
    PqList list = rows.getList("candidates");
    return List.copyOf(list.strings());
  }
}
