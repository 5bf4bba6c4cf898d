// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.table.Columns;
import io.nextclick.ingest.table.Row;
import io.nextclick.ingest.table.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * KuaiRand's feature files as {@code item} and {@code user} events at time 0.
 *
 * <p>Only what was known before anyone saw the video is taken over: no counts over the whole
 * period, no outcome.
 */
final class KuaiRandFeatures {

  /** Columns of the videos and the attributes that they become; {@code video_duration} aside. */
  private static final Map<String, String> VIDEO_ATTRIBUTES =
      Map.of(
          "author_id", "author",
          "video_type", "type",
          "upload_type", "upload_type",
          "upload_dt", "upload_date",
          "music_id", "music",
          "music_type", "music_type",
          "tag", "tag");

  /** Columns of the users that say nothing, or that a {@code _range} column says in classes. */
  private static final Set<String> NOT_TAKEN =
      Set.of(
          "user_id",
          "is_lowactive_period",
          "follow_user_num",
          "fans_user_num",
          "friend_user_num",
          "register_days");

  private static final long[] DURATION_SECONDS = {7, 15, 30, 60, 120, 300};

  private KuaiRandFeatures() {}

  static Table.RowReader videos(Columns columns, ImportOutput output) throws IOException {
    int video = columns.require("video_id");
    int duration = columns.require("video_duration");
    Map<Integer, String> places = new HashMap<>();
    for (var attribute : VIDEO_ATTRIBUTES.entrySet()) {
      places.put(columns.require(attribute.getKey()), attribute.getValue());
    }
    return row -> {
      Map<String, List<String>> attributes = attributes(row, places);
      attributes.putAll(durationBand(row.fields().get(duration)));
      String id = row.fields().get(video);
      output.write(
          row,
          new Event(
              "video-" + id, Event.ITEM, null, List.of(id), 0, null, Map.of(), attributes, true));
    };
  }

  static Table.RowReader users(Columns columns, ImportOutput output) throws IOException {
    int user = columns.require("user_id");
    Map<Integer, String> places = new HashMap<>();
    for (int c = 0; c < columns.names().size(); c++) {
      if (!NOT_TAKEN.contains(columns.names().get(c))) {
        places.put(c, columns.names().get(c));
      }
    }
    return row -> {
      String id = row.fields().get(user);
      output.write(
          row,
          new Event(
              "user-" + id,
              Event.USER,
              id,
              List.of(),
              0,
              null,
              Map.of(),
              attributes(row, places),
              true));
    };
  }

  /** The cells that are not empty; a cell with commas holds several values. */
  private static Map<String, List<String>> attributes(Row row, Map<Integer, String> places) {
    Map<String, List<String>> attributes = new HashMap<>();
    places.forEach((place, name) -> {
      String cell = row.fields().get(place);
      if (!cell.isEmpty()) {
        attributes.put(name, name.equals("tag") ? values(cell) : List.of(whole(cell)));
      }
    });
    return attributes;
  }

  private static List<String> values(String cell) {
    List<String> values = new ArrayList<>();
    for (String value : cell.split(",", -1)) {
      if (!value.isBlank()) {
        values.add(whole(value.strip()));
      }
    }
    return values;
  }

  /** Codes stand in some files as {@code 9.0}, where a neighbouring cell is empty. */
  private static String whole(String cell) {
    return cell.matches("-?\\d+\\.0") ? cell.substring(0, cell.length() - 2) : cell;
  }

  private static Map<String, List<String>> durationBand(String millis) {
    double seconds;
    try {
      seconds = Double.parseDouble(millis) / 1_000;
    } catch (NumberFormatException e) {
      return Map.of(); // empty where nobody knows
    }
    for (long limit : DURATION_SECONDS) {
      if (seconds <= limit) {
        return Map.of("duration", List.of("up to " + limit + " s"));
      }
    }
    return Map.of("duration", List.of("longer"));
  }
}
