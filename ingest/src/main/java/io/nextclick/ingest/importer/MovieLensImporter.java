// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * MovieLens: {@code ratings.csv} and {@code movies.csv}, or {@code ratings.dat} and {@code
 * movies.dat} with {@code ::} between the fields; from a folder, or from a ratings file with the
 * movies beside it.
 *
 * <p>A rating of 4 or more is a click, one below is an impression. Movies become {@code item}
 * events with title, year and genres. The files are grouped by user but not ordered by time: each
 * user's rows are sorted by time, rows of one time staying in the order of the file.
 */
public final class MovieLensImporter implements Importer {

  /** Rows of one user that are held for sorting; further ones are refused. */
  static final int MAX_ROWS_OF_USER = 100_000;

  private static final double CLICK_FROM = 4;
  private static final Pattern TITLE_WITH_YEAR = Pattern.compile("(.*\\S)\\s*\\((\\d{4})\\)\\s*");
  private static final String NO_GENRES = "(no genres listed)";

  @Override
  public void read(Path in, ImportOutput output) throws IOException {
    Path ratings = Files.isDirectory(in) ? ratingsIn(in) : in;
    Path movies =
        ratings.resolveSibling(
            String.valueOf(ratings.getFileName()).replaceFirst("ratings", "movies"));
    if (!movies.equals(ratings) && Files.exists(movies)) {
      table(movies, List.of("movieId", "title", "genres"), row -> readMovie(row, output));
    }
    var blocks = new UserBlocks(output);
    table(ratings, List.of("userId", "movieId", "rating", "timestamp"), blocks::add);
    blocks.flush();
  }

  private static Path ratingsIn(Path folder) throws IOException {
    for (String name : List.of("ratings.csv", "ratings.dat", "ratings.csv.gz", "ratings.dat.gz")) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    throw new IOException(folder + ": holds neither ratings.csv nor ratings.dat, plain or .gz");
  }

  /** Reads either form; the rows have the fields of {@code columns}, or are refused below. */
  private static void table(Path file, List<String> columns, Tables.RowReader rows)
      throws IOException {
    if (!String.valueOf(file.getFileName()).contains(".csv")) {
      Tables.lines(file, StandardCharsets.ISO_8859_1, "::", rows);
      return;
    }
    Tables.csv(
        file,
        ',',
        header -> {
          int[] places = new int[columns.size()];
          for (int c = 0; c < places.length; c++) {
            places[c] = header.require(columns.get(c));
          }
          return row -> {
            List<String> fields = new ArrayList<>();
            for (int place : places) {
              if (place < row.fields().size()) {
                fields.add(row.fields().get(place));
              }
            }
            rows.accept(new Row(row.file(), row.line(), fields));
          };
        });
  }

  private static void readMovie(Row row, ImportOutput output) throws IOException {
    if (row.fields().size() != 3) {
      output.refuse(row, "not three fields: movie, title, genres");
      return;
    }
    String movie = row.fields().get(0);
    Map<String, List<String>> attributes = new HashMap<>();
    Matcher title = TITLE_WITH_YEAR.matcher(row.fields().get(1));
    if (title.matches()) {
      attributes.put("title", List.of(title.group(1)));
      attributes.put("year", List.of(title.group(2)));
    } else if (!row.fields().get(1).isBlank()) {
      attributes.put("title", List.of(row.fields().get(1)));
    }
    String genres = row.fields().get(2);
    if (!genres.isEmpty() && !genres.equals(NO_GENRES)) {
      attributes.put("genre", List.of(genres.split("\\|")));
    }
    output.write(
        row,
        new Event(
            "movie-" + movie,
            Event.ITEM,
            null,
            List.of(movie),
            0,
            null,
            Map.of(),
            attributes,
            true));
  }

  /** Gathers the rows of one user, and writes them in time order when the next one begins. */
  private static final class UserBlocks {

    private record Rating(Row row, long time, boolean click) {}

    private final ImportOutput output;
    private final List<Rating> block = new ArrayList<>();
    private @Nullable String user;

    UserBlocks(ImportOutput output) {
      this.output = output;
    }

    void add(Row row) throws IOException {
      if (row.fields().size() != 4) {
        output.refuse(row, "not four fields: user, movie, rating, time");
        return;
      }
      double rating;
      long time;
      try {
        rating = Double.parseDouble(row.fields().get(2));
        time = Math.multiplyExact(Long.parseLong(row.fields().get(3)), 1_000L);
      } catch (NumberFormatException | ArithmeticException e) {
        output.refuse(row, "rating or time is no number");
        return;
      }
      if (!(rating >= 0 && rating <= 5)) {
        output.refuse(row, "rating is not between 0 and 5");
        return;
      }
      if (!Objects.equals(user, row.fields().get(0))) {
        flush();
        user = row.fields().get(0);
      }
      if (block.size() == MAX_ROWS_OF_USER) {
        output.refuse(row, "more than " + MAX_ROWS_OF_USER + " rows of one user");
        return;
      }
      block.add(new Rating(row, time, rating >= CLICK_FROM));
    }

    void flush() throws IOException {
      block.sort(Comparator.comparingLong(Rating::time)); // stable
      for (Rating rating : block) {
        Row row = rating.row();
        output.write(
            row,
            Event.behaviour(
                "rating-" + row.line(),
                rating.click() ? "click" : "impression",
                row.fields().get(0),
                row.fields().get(1),
                rating.time()));
      }
      block.clear();
    }
  }
}
