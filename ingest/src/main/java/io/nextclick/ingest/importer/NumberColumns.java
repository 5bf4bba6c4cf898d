// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.ingest.table.Columns;
import io.nextclick.ingest.table.FieldColumns;
import io.nextclick.ingest.table.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The columns of a table that hold numbers of the items.
 *
 * @param columns as the header has them
 * @param places where each stands
 */
record NumberColumns(List<String> columns, List<Integer> places) {

  /** A cell that does not fit; carries no stack trace, because bad input is an everyday case. */
  static final class NoNumbers extends Exception {
    private static final long serialVersionUID = 1;

    NoNumbers(String column, String why) {
      super("column '" + column + "' " + why, null, false, false);
    }
  }

  /** Stands for an item without a number. */
  private static final String NONE = "null";

  static NumberColumns of(List<String> columns, Columns header) throws IOException {
    List<Integer> places = new ArrayList<>();
    for (String column : columns) {
      places.add(header.require(column));
    }
    return new NumberColumns(columns, places);
  }

  /** The numbers of a row's one item. */
  CandidateFields ofOne(Row row) throws NoNumbers {
    return of(row, 1, false);
  }

  /** The numbers of a row's items, with blanks between them. */
  CandidateFields ofAll(Row row, int items) throws NoNumbers {
    return of(row, items, true);
  }

  private CandidateFields of(Row row, int items, boolean split) throws NoNumbers {
    var fields = new CandidateFields.Builder();
    for (int k = 0; k < places.size(); k++) {
      String column = columns.get(k);
      String cell = row.fields().get(places.get(k)).strip();
      if (cell.isEmpty()) {
        continue;
      }
      List<String> texts = split ? List.of(cell.split("\\s+")) : List.of(cell);
      if (texts.size() != items) {
        throw new NoNumbers(
            column, "has not one number for each item; null stands for an item without one");
      }
      for (int i = 0; i < items; i++) {
        fields.put(FieldColumns.name(column), i, number(column, texts.get(i)));
      }
    }
    return fields.build(items);
  }

  private static float number(String column, String text) throws NoNumbers {
    if (text.equals(NONE)) {
      return Float.NaN;
    }
    try {
      return CandidateFields.parse(text);
    } catch (IllegalArgumentException e) {
      throw new NoNumbers(column, String.valueOf(e.getMessage()));
    }
  }
}
