// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.table;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Ids;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Columns {@code field.NAME} of a table: numbers of its items, under that name. */
public final class FieldColumns {

  private static final String PREFIX = "field.";

  private FieldColumns() {}

  /** The name of the numbers in a column: its own, less a {@code field.} in front. */
  public static String name(String column) {
    return column.startsWith(PREFIX) ? column.substring(PREFIX.length()) : column;
  }

  /**
   * Those of all columns that begin so.
   *
   * @param table for messages
   * @param columns of the table
   * @throws IOException if there are too many, or one has a name that no number has
   */
  public static List<String> of(Path table, List<String> columns) throws IOException {
    List<String> found = columns.stream().filter(column -> column.startsWith(PREFIX)).toList();
    if (found.size() > CandidateFields.MAX_NAMES) {
      throw new IOException(
          "%s: %d columns %sNAME, at most %d"
              .formatted(table, found.size(), PREFIX, CandidateFields.MAX_NAMES));
    }
    for (String column : found) {
      String fault = Ids.fault(name(column));
      if (fault != null) {
        throw new IOException("%s: column '%s' has a name that %s".formatted(table, column, fault));
      }
    }
    return found;
  }
}
