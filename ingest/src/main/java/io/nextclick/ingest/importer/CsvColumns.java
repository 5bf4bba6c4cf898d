// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Ids;
import io.nextclick.ingest.table.FieldColumns;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The names of the columns that an import takes.
 *
 * @param user the user
 * @param item the item; not looked at where {@code shown} is given
 * @param time the event time; null for none, then row n is n seconds after {@link
 *     ImportOutput#FIRST_TIME_MILLIS}
 * @param action the action; null for none
 * @param request the request id; null for none
 * @param shown the items shown, each with what came of it, such as {@code i1-0 i2-1}; null for none
 * @param fields columns of numbers of the item under their own names, less a {@code field.} that
 *     they begin with; empty cells are left out. Where {@code shown} is given, as many numbers in a
 *     cell as items, or {@code null} for an item without one
 * @param context columns that become context under their own names; empty cells are left out
 */
public record CsvColumns(
    String user,
    String item,
    @Nullable String time,
    @Nullable String action,
    @Nullable String request,
    @Nullable String shown,
    List<String> fields,
    List<String> context) {

  public CsvColumns {
    if (fields.size() > CandidateFields.MAX_NAMES) {
      throw new IllegalArgumentException(
          "%d columns of numbers, at most %d".formatted(fields.size(), CandidateFields.MAX_NAMES));
    }
    Set<String> names = new HashSet<>();
    for (String column : fields) {
      String fault = Ids.fault(FieldColumns.name(column));
      if (fault != null || !names.add(FieldColumns.name(column))) {
        throw new IllegalArgumentException(
            "'%s' %s"
                .formatted(column, fault == null ? "is named twice" : "has a name that " + fault));
      }
    }
    fields = List.copyOf(fields);
  }

  /** All that must be there. */
  List<String> names() {
    List<String> names = new ArrayList<>(List.of(user, shown == null ? item : shown));
    Stream.of(time, action, request).filter(Objects::nonNull).forEach(names::add);
    names.addAll(fields);
    names.addAll(context);
    return names;
  }
}
