// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.ingest.table.Row;
import io.nextclick.ingest.table.Table;
import io.nextclick.ingest.table.TableForm;
import io.nextclick.ingest.table.TextLines;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A ratings or movies file of MovieLens, whose separator and header are told by its first line: the
 * releases have commas and a header, {@code ::}, or tabs, and copies have any of them.
 *
 * @param file the file
 * @param form how its rows are written
 * @param header whether the first line names the columns
 * @param places where each field that is wanted stands in a row
 * @param width fields of a row
 * @param genreFlags where the flags of {@code u.item} begin; -1 for none
 * @param output gets the rows that are refused
 */
record MovieLensTable(
    Path file,
    TableForm form,
    boolean header,
    List<Integer> places,
    int width,
    int genreFlags,
    ImportOutput output) {

  private static final List<String> SEPARATORS = List.of("::", "\t", ",", ";", "|");

  /**
   * What a file holds.
   *
   * @param columns the columns that are wanted, each with its other names
   * @param words the same for a person
   */
  private record Kind(List<List<String>> columns, String words) {

    /** Whether the fields of the first line are those of a row, in order. */
    boolean isRow(List<String> fields) {
      return fields.size() == columns.size()
          && (this.equals(MOVIES) || fields.get(2).matches("\\s*\\d+(\\.\\d+)?\\s*"));
    }
  }

  private static final Kind RATINGS =
      new Kind(
          List.of(
              List.of("userid", "user"),
              List.of("movieid", "movie", "itemid", "item"),
              List.of("rating"),
              List.of("timestamp", "time")),
          "user, movie, rating and time");

  private static final Kind MOVIES =
      new Kind(
          List.of(
              List.of("movieid", "movie", "itemid", "item"), List.of("title"), List.of("genres")),
          "movie, title and genres");

  /** The genres of {@code u.item}, a flag each. */
  private static final List<String> GENRES =
      List.of(
          "unknown",
          "Action",
          "Adventure",
          "Animation",
          "Children's",
          "Comedy",
          "Crime",
          "Documentary",
          "Drama",
          "Fantasy",
          "Film-Noir",
          "Horror",
          "Musical",
          "Mystery",
          "Romance",
          "Sci-Fi",
          "Thriller",
          "War",
          "Western");

  /** Movie, title, two dates, an address. */
  private static final int FIRST_GENRE_FLAG = 5;

  static MovieLensTable ratings(Path file, ImportOutput output) throws IOException {
    return open(file, output, RATINGS);
  }

  static MovieLensTable movies(Path file, ImportOutput output) throws IOException {
    return open(file, output, MOVIES);
  }

  private static MovieLensTable open(Path file, ImportOutput output, Kind kind) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + ": no regular file; it is read twice, so name a file");
    }
    Charset encoding = output.settings().encoding();
    if (encoding == null && !String.valueOf(file.getFileName()).contains(".csv")) {
      encoding = TextLines.utf8OrLatin1(file);
    }
    String first = Table.firstLine(file, TableForm.separatedBy(",", encoding));
    if (first == null) {
      throw new IOException(file + ": nothing was read: it is empty");
    }
    for (String separator : SEPARATORS) {
      TableForm form = TableForm.separatedBy(separator, encoding);
      List<String> fields = new ArrayList<>();
      if (form.split(first, fields) == null) {
        MovieLensTable table = table(file, output, kind, form, fields);
        if (table != null) {
          return table;
        }
      }
    }
    throw new IOException(
        ("%s: no MovieLens file: its first line is not %s, divided by '::', a tab or a comma, nor a"
                + " header of them; for other tables there is 'nextclick import csv'")
            .formatted(file, kind.words()));
  }

  /** The table whose first line has these fields; null if that is no line of this kind. */
  private static @Nullable MovieLensTable table(
      Path file, ImportOutput output, Kind kind, TableForm form, List<String> fields) {
    List<String> names =
        fields.stream()
            .map(name -> name.strip().replace("_", "").toLowerCase(Locale.ROOT))
            .toList();
    List<Integer> named =
        kind.columns().stream()
            .flatMap(aliases -> names.stream().filter(aliases::contains).limit(1))
            .map(names::indexOf)
            .toList();
    List<Integer> inOrder = IntStream.range(0, kind.columns().size()).boxed().toList();
    int width = fields.size();
    if (named.size() == kind.columns().size()) {
      return new MovieLensTable(file, form, true, named, width, -1, output);
    }
    if (kind.equals(MOVIES) && width == FIRST_GENRE_FLAG + GENRES.size()) {
      return new MovieLensTable(file, form, false, inOrder, width, FIRST_GENRE_FLAG, output);
    }
    return kind.isRow(fields)
        ? new MovieLensTable(file, form, false, inOrder, width, -1, output)
        : null;
  }

  /** Hands out the rows with the fields that are wanted, in their order. */
  void read(Table.RowReader reader) throws IOException {
    Table.RowReader wanted =
        row -> reader.accept(new Row(row.file(), row.line(), row.text(), fields(row.fields())));
    if (header) {
      Table.withHeader(file, form, output, columns -> wanted);
    } else {
      Table.withColumns(file, form, Collections.nCopies(width, ""), output, columns -> wanted);
    }
  }

  private List<String> fields(List<String> row) {
    List<String> fields = new ArrayList<>();
    for (int place : places) {
      fields.add(row.get(place).strip());
    }
    if (genreFlags >= 0) {
      List<String> genres = new ArrayList<>();
      for (int g = 1; g < GENRES.size(); g++) {
        if (row.get(genreFlags + g).equals("1")) {
          genres.add(GENRES.get(g));
        }
      }
      fields.set(2, String.join("|", genres));
    }
    return fields;
  }
}
