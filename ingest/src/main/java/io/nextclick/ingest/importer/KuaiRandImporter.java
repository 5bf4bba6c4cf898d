// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.importer.TimeColumn.NoTimeException;
import io.nextclick.ingest.table.Columns;
import io.nextclick.ingest.table.Table;
import io.nextclick.ingest.table.TableForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * KuaiRand (Gao et al., CIKM 2022): a folder with {@code impressions*.csv} and, if they are there,
 * {@code video_features_basic*.csv}, {@code user_features*.csv} and {@code history_until*.csv},
 * each plain or compressed.
 *
 * <p>Every row of the impressions is an {@code impression} with a request id of its own, also where
 * a row repeats another; what came of it follows with the same request id and time: {@code click},
 * {@code long_view}, {@code like}, {@code follow}, {@code comment}, {@code share}, {@code dislike}.
 * The app surface ({@code tab}) and the {@code date} are its context. Play time is left out: it is
 * measured after the click and gives it away.
 */
public final class KuaiRandImporter implements Importer {

  /** Outcome columns and the actions that they become, in the order of the events. */
  private static final List<Map.Entry<String, String>> OUTCOMES =
      List.of(
          Map.entry("is_click", "click"),
          Map.entry("long_view", "long_view"),
          Map.entry("is_like", "like"),
          Map.entry("is_follow", "follow"),
          Map.entry("is_comment", "comment"),
          Map.entry("is_forward", "share"),
          Map.entry("is_hate", "dislike"));

  @Override
  public void read(Path in, ImportOutput output) throws IOException {
    if (!Files.isDirectory(in)) {
      throw new IOException(in + ": not a folder; KuaiRand is a folder of CSV files");
    }
    TableForm form = TableForm.separatedBy(",", output.settings().encoding());
    Path impressions = find(in, "impressions");
    if (impressions == null) {
      throw new IOException(in + ": holds no impressions*.csv, plain, .gz or .zst");
    }
    Path videos = find(in, "video_features_basic");
    if (videos != null) {
      Table.withHeader(videos, form, output, columns -> KuaiRandFeatures.videos(columns, output));
    }
    Path users = find(in, "user_features");
    if (users != null) {
      Table.withHeader(users, form, output, columns -> KuaiRandFeatures.users(columns, output));
    }
    Path history = find(in, "history_until");
    if (history != null) {
      new KuaiRandHistory(impressions, form).read(history, output);
    }
    Table.withHeader(impressions, form, output, columns -> impressions(columns, output));
  }

  /** The one file with this beginning; null if there is none. */
  private static @Nullable Path find(Path folder, String beginning) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found =
          files
              .filter(file ->
                  String.valueOf(file.getFileName()).matches(beginning + ".*\\.csv(\\.gz|\\.zst)?"))
              .sorted()
              .toList();
      if (found.size() > 1) {
        throw new IOException(folder + ": several files of one kind: " + found);
      }
      return found.isEmpty() ? null : found.getFirst();
    }
  }

  private static Table.RowReader impressions(Columns columns, ImportOutput output)
      throws IOException {
    int user = columns.require("user_id");
    int video = columns.require("video_id");
    int time = columns.require("time_ms");
    int date = columns.require("date");
    int tab = columns.require("tab");
    int[] outcomes = new int[OUTCOMES.size()];
    for (int o = 0; o < outcomes.length; o++) {
      outcomes[o] = columns.require(OUTCOMES.get(o).getKey());
    }
    return row -> {
      List<String> fields = row.fields();
      for (int outcome : outcomes) {
        if (!fields.get(outcome).equals("0") && !fields.get(outcome).equals("1")) {
          output.refuse(row, "column '" + columns.names().get(outcome) + "' is neither 0 nor 1");
          return;
        }
      }
      long timeMillis;
      try {
        timeMillis = TimeColumn.EPOCH_MILLIS.read(fields.get(time), output.settings().times());
      } catch (NoTimeException e) {
        output.refuse(row, "column 'time_ms': " + e.getMessage());
        return;
      }
      String request = "kr-" + row.line();
      Map<String, String> context = Map.of("tab", fields.get(tab), "date", fields.get(date));
      var shown = new Impression(fields.get(user), fields.get(video), timeMillis, request);
      if (!output.write(row, shown.event("impression", context))) {
        return;
      }
      for (int o = 0; o < outcomes.length; o++) {
        if (fields.get(outcomes[o]).equals("1")) {
          output.write(row, shown.event(OUTCOMES.get(o).getValue(), Map.of()));
        }
      }
    };
  }

  private record Impression(String user, String video, long timeMillis, String request) {

    Event event(String action, Map<String, String> context) {
      return new Event(
          request + "-" + action,
          action,
          user,
          List.of(video),
          timeMillis,
          request,
          context,
          Map.of(),
          true);
    }
  }
}
