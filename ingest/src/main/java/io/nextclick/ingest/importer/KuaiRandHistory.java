// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.importer.TimeColumn.NoTimeException;
import io.nextclick.ingest.table.Row;
import io.nextclick.ingest.table.Table;
import io.nextclick.ingest.table.TableForm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * KuaiRand's {@code history_until} file: what each user saw last before the impressions begin.
 *
 * <p>The file gives the time of a user's last entry only; the entries before it are placed one
 * minute apart. An entry is an {@code impression}, and a {@code long_view} at the same time where
 * its flag is 1. Whether it was clicked is not known: so these events have no request id, and their
 * ids begin with {@value #ID_PREFIX}. A last entry at the very time of the user's first impression
 * is that impression, and is left out.
 */
final class KuaiRandHistory {

  /** How the ids of these events begin, so that they can be told from the others. */
  static final String ID_PREFIX = "history-";

  /** Users whose first impression is remembered; KuaiRand has 27,285. */
  private static final int MAX_USERS = 1_000_000;

  private static final long SPACING_MILLIS = 60_000;

  private final TableForm form;
  private final Map<String, Long> firstImpressions = new HashMap<>(); // user to epoch millis

  /** Reads when each user's impressions begin. */
  KuaiRandHistory(Path impressions, TableForm form) throws IOException {
    this.form = form;
    Table.withHeader(
        impressions,
        form,
        (row, reason) -> {}, // it is refused when the impressions themselves are read
        columns -> {
          int user = columns.require("user_id");
          int time = columns.require("time_ms");
          return row -> {
            if (row.fields().get(time).matches("\\d{1,18}")) {
              firstImpressions.merge(
                  row.fields().get(user), Long.valueOf(row.fields().get(time)), Math::min);
              if (firstImpressions.size() > MAX_USERS) {
                throw new IOException(
                    "%s: more than %d users; import it without its history file"
                        .formatted(impressions, MAX_USERS));
              }
            }
          };
        });
  }

  void read(Path history, ImportOutput output) throws IOException {
    Table.withHeader(
        history,
        form,
        output,
        columns -> {
          int user = columns.require("user_id");
          int lastTime = columns.require("last_time_ms");
          int videos = columns.require("video_ids");
          int flags = columns.require("long_view_flags");
          return row -> {
            List<String> fields = row.fields();
            String[] ids = fields.get(videos).split(" ");
            if (!fields.get(flags).matches("[01]{" + ids.length + "}")) {
              output.refuse(row, "column 'long_view_flags' has not one 0 or 1 per video");
              return;
            }
            try {
              long last =
                  TimeColumn.EPOCH_MILLIS.read(fields.get(lastTime), output.settings().times());
              write(row, fields.get(user), ids, fields.get(flags), last, output);
            } catch (NoTimeException e) {
              output.refuse(row, "column 'last_time_ms': " + e.getMessage());
            }
          };
        });
  }

  private void write(
      Row row, String user, String[] videos, String flags, long last, ImportOutput output)
      throws IOException {
    boolean lastIsImpression = firstImpressions.getOrDefault(user, Long.MAX_VALUE) == last;
    int length = lastIsImpression ? videos.length - 1 : videos.length;
    for (int i = 0; i < length; i++) {
      long time = last - (videos.length - 1 - i) * SPACING_MILLIS;
      String id = ID_PREFIX + row.line() + "-" + i;
      boolean written = output.write(row, Event.behaviour(id, "impression", user, videos[i], time));
      if (written && flags.charAt(i) == '1') {
        output.write(row, Event.behaviour(id + "-view", "long_view", user, videos[i], time));
      }
    }
  }
}
