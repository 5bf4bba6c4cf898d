// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.file.FileHash;
import io.nextclick.serving.api.CandidateList;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Users, or items, of a file: {@code .jsonl}, {@code .csv} (both also {@code .gz}, {@code .zst}) or
 * {@code .parquet}, by its name.
 *
 * <p>Users have the columns {@code user}, and optionally {@code candidates} and, in JSON, {@code
 * context}. Items have the column {@code item}. Numbers stand with the items in JSON, as in a
 * request; else in columns {@code field.NAME}, as many in a row as candidates.
 */
public final class UserFile implements UserSource {

  private final Path file;
  private final UserTable table;
  private volatile double done;

  public UserFile(Path file) throws IOException {
    this.file = file;
    this.table = table(file);
  }

  private static UserTable table(Path file) throws IOException {
    String name = file.toString().replaceFirst("\\.(gz|zst)$", "");
    if (name.endsWith(".jsonl")) {
      return new JsonTable();
    }
    if (name.endsWith(".csv")) {
      return new CsvTable();
    }
    if (file.toString().endsWith(".parquet")) {
      return new ParquetTable();
    }
    throw new IOException(
        file + ": its name must end in .jsonl, .csv (both also .gz or .zst) or .parquet");
  }

  @Override
  public String identity() throws IOException {
    return "sha256:" + FileHash.of(file).sha256();
  }

  @Override
  public void forEach(Visitor visitor) throws IOException {
    table.read(
        file,
        new UserTable.Fields() {
          @Override
          public void accept(long line, UserTable.Cells row) throws IOException {
            visitor.visit(RowCheck.row(line, row));
          }

          @Override
          public void refuse(long line, String reason) throws IOException {
            visitor.visit(new InputRow.Bad(line, reason));
          }
        },
        part -> done = part);
  }

  @Override
  public double done() {
    return done;
  }

  /**
   * Reads a file of items, which must all be well formed.
   *
   * @throws IOException naming the first row that is not
   */
  public static CandidateList items(Path file) throws IOException {
    var items = new ItemList(file);
    table(file).read(file, items, part -> {});
    return items.list();
  }

  /** The path, for messages. */
  @Override
  public String toString() {
    return file.toString();
  }
}
