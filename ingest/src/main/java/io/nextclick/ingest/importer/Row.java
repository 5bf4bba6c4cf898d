// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import java.util.List;

/**
 * One row of an input file.
 *
 * @param file the file's name, without its folder
 * @param line where the row begins, from 1
 * @param fields its fields
 */
record Row(String file, long line, List<String> fields) {

  /** The place for a person, such as {@code ratings.csv:17}. */
  String place() {
    return file + ":" + line;
  }
}
