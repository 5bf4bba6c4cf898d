// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.importer.TimeColumn.NoTimeException;
import io.nextclick.ingest.table.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * MovieLens, in any of its releases: {@code ratings.csv}, {@code rating.csv}, {@code ratings.dat}
 * or {@code u.data}, with the movies beside it; from a folder, a zip archive, or a ratings file.
 *
 * <p>A rating of 4 or more is a click, one below is an impression. Movies become {@code item}
 * events with title, year and genres. Times are epoch seconds or text such as {@code 2005-04-02
 * 23:53:47}, which is UTC.
 */
public final class MovieLensImporter implements Importer {

  /** Names of ratings files, and of the movies beside them. */
  private static final Map<String, String> MOVIES =
      Map.of(
          "ratings.csv", "movies.csv",
          "rating.csv", "movie.csv",
          "ratings.dat", "movies.dat",
          "u.data", "u.item");

  private static final double CLICK_FROM = 4;
  private static final Pattern TITLE_WITH_YEAR = Pattern.compile("(.*\\S)\\s*\\((\\d{4})\\)\\s*");
  private static final String NO_GENRES = "(no genres listed)";
  private static final TimeColumn SECONDS = TimeColumn.of(TimeColumn.Unit.SECONDS, ZoneOffset.UTC);
  private static final TimeColumn TEXT =
      TimeColumn.of(List.of("yyyy-MM-dd HH:mm:ss"), ZoneOffset.UTC);

  @Override
  public void read(Path in, ImportOutput output) throws IOException {
    Path ratings = Files.isDirectory(in) ? ratingsIn(in) : in;
    Path movies = moviesBeside(ratings);
    if (movies != null) {
      MovieLensTable.movies(movies, output).read(row -> movie(row, output));
    }
    MovieLensTable.ratings(ratings, output).read(row -> rating(row, output));
  }

  private static Path ratingsIn(Path folder) throws IOException {
    for (String name : List.of("ratings.csv", "ratings.dat", "rating.csv", "u.data")) {
      for (String compression : List.of("", ".gz", ".zst")) {
        Path file = folder.resolve(name + compression);
        if (Files.exists(file)) {
          return file;
        }
      }
    }
    throw new IOException(
        folder + ": holds no ratings.csv, ratings.dat, rating.csv or u.data, plain, .gz or .zst");
  }

  private static @Nullable Path moviesBeside(Path ratings) {
    String name = String.valueOf(ratings.getFileName());
    for (Map.Entry<String, String> pair : MOVIES.entrySet()) {
      if (name.startsWith(pair.getKey())) {
        Path movies = ratings.resolveSibling(name.replace(pair.getKey(), pair.getValue()));
        return Files.exists(movies) ? movies : null;
      }
    }
    return null;
  }

  /** Fields: movie, title, genres divided by a bar. */
  private static void movie(Row row, ImportOutput output) throws IOException {
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

  /** Fields: user, movie, rating, time. */
  private static void rating(Row row, ImportOutput output) throws IOException {
    List<String> fields = row.fields();
    double rating;
    try {
      rating = Double.parseDouble(fields.get(2));
    } catch (NumberFormatException e) {
      output.refuse(row, "the rating is no number");
      return;
    }
    if (!(rating >= 0 && rating <= 5)) {
      output.refuse(row, "the rating is not between 0 and 5");
      return;
    }
    long timeMillis;
    try {
      TimeColumn times = fields.get(3).contains(":") ? TEXT : SECONDS;
      timeMillis = times.read(fields.get(3), output.settings().times());
    } catch (NoTimeException e) {
      output.refuse(row, "column 'timestamp': " + e.getMessage());
      return;
    }
    output.write(
        row,
        Event.behaviour(
            "rating-" + row.line(),
            rating >= CLICK_FROM ? "click" : "impression",
            fields.get(0),
            fields.get(1),
            timeMillis));
  }
}
