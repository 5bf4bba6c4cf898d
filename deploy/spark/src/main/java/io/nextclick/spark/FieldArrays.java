// SPDX-License-Identifier: Apache-2.0
package io.nextclick.spark;

import io.nextclick.features.event.CandidateFields;
import java.util.List;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** Columns {@code field.NAME}: numbers of the candidates of a row, null for one without. */
final class FieldArrays {

  static final String PREFIX = "field.";

  private FieldArrays() {}

  /**
   * The numbers of a row.
   *
   * @param candidates how many it has
   * @throws IllegalArgumentException naming user and column, if there are not as many, or others
   */
  static CandidateFields of(Row row, int candidates) {
    var fields = new CandidateFields.Builder();
    for (String column : row.schema().fieldNames()) {
      int at = row.fieldIndex(column);
      if (!column.startsWith(PREFIX) || row.isNullAt(at)) {
        continue;
      }
      List<@Nullable Number> numbers = row.getList(at);
      if (numbers.size() != candidates) {
        throw bad(
            row, column, "%d numbers for %d candidates".formatted(numbers.size(), candidates));
      }
      for (int i = 0; i < candidates; i++) {
        Number number = numbers.get(i);
        String fault = number == null ? null : CandidateFields.fault(number.doubleValue());
        if (fault != null) {
          throw bad(row, column, "a value that " + fault);
        }
        float value = number == null ? Float.NaN : number.floatValue();
        if (!fields.put(column.substring(PREFIX.length()), i, value)) {
          throw bad(row, column, "one name more than " + CandidateFields.MAX_NAMES);
        }
      }
    }
    return fields.build(candidates);
  }

  private static IllegalArgumentException bad(Row row, String column, String what) {
    return new IllegalArgumentException(
        "user %s: %s has %s".formatted(row.getAs("user"), column, what));
  }
}
