// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.table;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header of a table: where each named column is.
 *
 * @param file the file, for messages
 * @param names the columns in order
 */
public record Columns(Path file, List<String> names) {

  /**
   * The place of a column.
   *
   * @throws IOException if there is none; the message lists those that there are
   */
  public int require(String name) throws IOException {
    int at = names.indexOf(name);
    if (at < 0) {
      boolean wide = names.toString().indexOf('\0') >= 0;
      throw new IOException(
          "%s: no column '%s'; it has %s%s"
              .formatted(
                  file,
                  name,
                  names.toString().replace("\0", ""),
                  wide ? "; it looks like UTF-16: --encoding=UTF-16LE, or UTF-16BE" : ""));
    }
    return at;
  }

  /** As above; -1 for no name. */
  public int place(@Nullable String name) throws IOException {
    return name == null ? -1 : require(name);
  }

  /** What is wrong with a row's number of fields; null if nothing is. */
  @Nullable String fault(List<String> fields) {
    return fields.size() == names.size() ? null : "not as many fields as the header";
  }
}
