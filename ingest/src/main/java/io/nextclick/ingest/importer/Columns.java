// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The header of a CSV file: where each named column is.
 *
 * @param file the file, for messages
 * @param names the columns in order
 */
record Columns(Path file, List<String> names) {

  /**
   * The place of a column.
   *
   * @throws IOException if there is none; the message lists those that there are
   */
  int require(String name) throws IOException {
    int at = names.indexOf(name);
    if (at < 0) {
      throw new IOException("%s: no column '%s'; it has %s".formatted(file, name, names));
    }
    return at;
  }

  /** Whether a row has as many fields as the header. */
  boolean fits(Row row) {
    return row.fields().size() == names.size();
  }
}
