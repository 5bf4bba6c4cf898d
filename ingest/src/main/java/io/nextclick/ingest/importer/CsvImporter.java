// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Any CSV file with a header line: the caller names the columns.
 *
 * @param separator between fields
 * @param user the column of the user
 * @param item the column of the item
 * @param time the column of the event time; null for none, then row n is n seconds after {@link
 *     #FIRST_TIME_MILLIS}
 * @param timeUnit how times are written
 * @param action the column of the action; null for none
 * @param defaultAction the action of every row without one
 * @param request the column of the request id; null for none
 * @param context columns that become context under their own names; empty cells are left out
 */
public record CsvImporter(
    char separator,
    String user,
    String item,
    @Nullable String time,
    TimeUnit timeUnit,
    @Nullable String action,
    String defaultAction,
    @Nullable String request,
    List<String> context)
    implements Importer {

  /** How a column of times is written. */
  public enum TimeUnit {
    /** ISO-8601 with an offset, such as {@code 2026-11-22T10:00:00Z}. */
    ISO,
    /** Seconds since 1970-01-01. */
    SECONDS,
    /** Milliseconds since 1970-01-01. */
    MILLIS;

    /**
     * Epoch milliseconds.
     *
     * @throws DateTimeException if the text is no such time
     */
    long parse(String text) {
      try {
        return switch (this) {
          case ISO -> OffsetDateTime.parse(text).toInstant().toEpochMilli();
          case SECONDS -> Math.multiplyExact(Long.parseLong(text), 1_000L);
          case MILLIS -> Long.parseLong(text);
        };
      } catch (ArithmeticException | NumberFormatException e) {
        throw new DateTimeException("not a time", e);
      }
    }
  }

  @Override
  public void read(Path in, ImportOutput output) throws IOException {
    Tables.csv(
        in,
        separator,
        columns -> {
          int userAt = columns.require(user);
          int itemAt = columns.require(item);
          int timeAt = place(columns, time);
          int actionAt = place(columns, action);
          int requestAt = place(columns, request);
          int[] contextAt = new int[context.size()];
          for (int c = 0; c < contextAt.length; c++) {
            contextAt[c] = columns.require(context.get(c));
          }
          return row -> {
            if (!columns.fits(row)) {
              output.refuse(row, "not as many fields as the header");
              return;
            }
            List<String> fields = row.fields();
            long timeMillis;
            try {
              timeMillis =
                  timeAt < 0
                      ? FIRST_TIME_MILLIS + row.line() * 1_000
                      : timeUnit.parse(fields.get(timeAt));
            } catch (DateTimeException e) {
              output.refuse(row, "column '" + time + "' is no time in " + timeUnit);
              return;
            }
            Map<String, String> values = new HashMap<>();
            for (int c = 0; c < contextAt.length; c++) {
              String value = fields.get(contextAt[c]);
              if (!value.isEmpty()) {
                values.put(context.get(c), value);
              }
            }
            output.write(
                row,
                new Event(
                    "row-" + row.line(),
                    actionAt < 0 ? defaultAction : fields.get(actionAt),
                    fields.get(userAt),
                    List.of(fields.get(itemAt)),
                    timeMillis,
                    requestAt < 0 || fields.get(requestAt).isEmpty() ? null : fields.get(requestAt),
                    values,
                    Map.of(),
                    true));
          };
        });
  }

  private static int place(Columns columns, @Nullable String name) throws IOException {
    return name == null ? -1 : columns.require(name);
  }
}
