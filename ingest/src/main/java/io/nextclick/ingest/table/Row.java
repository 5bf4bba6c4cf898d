// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.table;

import java.util.List;

/**
 * One row of an input file.
 *
 * @param file the file's name, without its folder
 * @param line where the row begins, from 1
 * @param text the row as it was read
 * @param fields its fields
 */
public record Row(String file, long line, String text, List<String> fields) {}
