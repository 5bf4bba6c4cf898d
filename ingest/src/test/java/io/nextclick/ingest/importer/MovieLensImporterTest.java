// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MovieLensImporterTest extends AbstractImporterTest {

  private static final String RATINGS_LOG =
      """
      {"id":"rating-1","action":"click","user":"5","item":"7","time":978300010000}
      {"id":"rating-2","action":"impression","user":"5","item":"8","time":978300011000}
      """;

  @Test
  void csv_sortsByTimeAndDescribesMovies() throws IOException {
    file(
        "movies.csv",
        """
        movieId,title,genres
        1,"Stone, The (1995)",Drama|Film-Noir
        2,Untitled,(no genres listed)
        """);
    file(
        "ratings.csv",
        """
        userId,movieId,rating,timestamp
        1,2,4.0,978300300
        1,1,3.5,978300100
        2,1,no,978300001
        2,1,4.5,978300200
        2,1
        2,2,6,978300200
        """);
    ImportSummary summary = run(new MovieLensImporter(), folder);
    assertLog(
        """
        {"id":"movie-1","action":"item","item":"1","time":0,"attributes":\
        {"genre":["Drama","Film-Noir"],"title":["Stone, The"],"year":["1995"]}}
        {"id":"movie-2","action":"item","item":"2","time":0,"attributes":{"title":["Untitled"]}}
        {"id":"rating-3","action":"impression","user":"1","item":"1","time":978300100000}
        {"id":"rating-5","action":"click","user":"2","item":"1","time":978300200000}
        {"id":"rating-2","action":"click","user":"1","item":"2","time":978300300000}
        """);
    assertThat(summary.rows().reasons())
        .containsOnlyKeys(
            "the rating is no number",
            "not as many fields as the header",
            "the rating is not between 0 and 5");
    assertThat(summary.lines())
        .contains(
            "5 events of 2 users and 2 items, from 2000-12-31T22:01:40Z to 2000-12-31T22:05:00Z;"
                + " 3 rows refused");
  }

  /** The 1M release is ISO-8859-1, the 10M release UTF-8. */
  @ParameterizedTest
  @ValueSource(strings = {"ISO-8859-1", "UTF-8"})
  void dat_inEitherCharacterSet_keepsTheTitle(String charset) throws IOException {
    Files.write(
        folder.resolve("movies.dat"),
        "7::Am\u00e9lie (2001)::Comedy\n".getBytes(Charset.forName(charset)));
    file("ratings.dat", "5::7::4.5::978300010\n5::8::3::978300011\n");
    run(new MovieLensImporter(), folder.resolve("ratings.dat"));
    assertLog(
        """
        {"id":"movie-7","action":"item","item":"7","time":0,"attributes":\
        {"genre":["Comedy"],"title":["Am\u00e9lie"],"year":["2001"]}}
        """
            + RATINGS_LOG);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ratings.dat:5\t7\t4\t978300010\n5\t8\t3\t978300011\n",
        "ratings.dat:5::7::4::978300010\r\n5::8::3::978300011\r\n\r\n",
        "ratings.csv:5,7,4,978300010\n5,8,3,978300011\n",
        "ratings.csv:5;7;4;978300010\n5;8;3;978300011\n",
        "u.data:5\t7\t4\t978300010\n5\t8\t3\t978300011\n",
        "any.txt:5,7,4.0,2000-12-31 22:00:10\n5,8,3.0,2000-12-31 22:00:11\n"
      })
  void separatorAndHeader_areToldByTheFirstLine(String nameAndContent) throws IOException {
    String[] parts = nameAndContent.split(":", 2);
    run(new MovieLensImporter(), file(parts[0], parts[1]), settings(1), 0);
    assertLog(RATINGS_LOG);
  }

  @Test
  void kaggle_textDates_areUtc() throws IOException {
    file("movie.csv", "movieId,title,genres\n2,Two (1999),Drama\n");
    file(
        "rating.csv",
        "\"userId\",\"movieId\",\"rating\",\"timestamp\"\n1,2,3.5,2005-04-02 23:53:47\n");
    run(new MovieLensImporter(), folder, settings(1), 0);
    assertThat(out).content().contains("\"time\":1112486027000", "\"title\":[\"Two\"]");
  }

  @Test
  void uItem_flags_becomeGenres() throws IOException {
    String flags = "|0|0|0|0|0|1|0|0|1|0|0|0|0|0|0|0|0|0|0";
    Files.write(
        folder.resolve("u.item"),
        ("7|Am\u00e9lie (2001)|01-Jan-2001||http://x" + flags + "\n").getBytes(ISO_8859_1));
    file("u.data", "5\t7\t4\t978300010\n");
    run(new MovieLensImporter(), folder, settings(1), 0);
    assertThat(out).content().contains("\"genre\":[\"Comedy\",\"Drama\"]", "Am\u00e9lie");
  }

  @Test
  void zip_isReadInPlace() throws IOException {
    Path zip = folder.resolve("ml.zip");
    try (var archive = new ZipOutputStream(Files.newOutputStream(zip))) {
      archive.putNextEntry(new ZipEntry("ml-small/ratings.dat"));
      archive.write("5::7::4::978300010\n5::8::3::978300011\n".getBytes(UTF_8));
    }
    run(new MovieLensImporter(), zip, settings(1), 0);
    assertLog(RATINGS_LOG);
  }

  @Test
  void zip_damaged_saysWhatToDo() throws IOException {
    Path zip = file("ml.zip", "PK\u0003\u0004junk");
    assertThatIOException()
        .isThrownBy(() -> run(new MovieLensImporter(), zip))
        .withMessageContaining("ml.zip: no readable zip archive")
        .withMessageContaining("unpack it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "hello\nworld\n", "a,b,c,d\n1,2,3,4\n", "{\"x\":1}\n"})
  void otherFile_isRefusedAndTheOldLogStays(String content) throws IOException {
    Files.writeString(out, "old");
    Path in = file("ratings.csv", content);
    assertThatIOException()
        .isThrownBy(() -> run(new MovieLensImporter(), in))
        .withMessageMatching(".*ratings.csv: (no MovieLens file|nothing was read).*");
    assertLog("old");
  }

  @Test
  void moviesWithoutRatings_areNoImport() throws IOException {
    file("movies.csv", "movieId,title,genres\n2,Two (1999),Drama\n");
    file("ratings.csv", "userId,movieId,rating,timestamp\n");
    assertThatIOException()
        .isThrownBy(() -> run(new MovieLensImporter(), folder))
        .withMessageContaining("nothing was read that a user did");
  }

  @Test
  void emptyFolder_saysWhatIsMissing() {
    assertThatIOException()
        .isThrownBy(() -> run(new MovieLensImporter(), folder))
        .withMessageContaining("holds no ratings.csv, ratings.dat, rating.csv or u.data");
  }

  @Test
  void milliseconds_areRefusedWithTheUnit() throws IOException {
    Path in = file("ratings.csv", "1,2,4,978300300\n1,3,4,978300300000\n");
    ImportSummary summary = run(new MovieLensImporter(), in);
    assertThat(summary.rows().shown())
        .singleElement()
        .asString()
        .startsWith("ratings.csv:2: column 'timestamp': the time is after 2026-12-01")
        .contains("; it looks like milliseconds | ");
  }

  /** Items that a file lists in their own order must not pass for an order in time. */
  @Test
  void rowsOfOneTime_anyOrderOfTheFile_comeInOneDrawnOrder() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int item = 100; item < 200; item++) {
      rows.add("1," + item + ",4,978300300");
    }
    List<String> byItem = items(rows, 1);
    Collections.shuffle(rows, new Random(7));
    assertThat(items(rows, 1)).isEqualTo(byItem);
    assertThat(items(rows, 2)).isNotEqualTo(byItem).hasSize(100);
    int ascending = 0;
    for (int i = 1; i < byItem.size(); i++) {
      ascending += byItem.get(i).compareTo(byItem.get(i - 1)) > 0 ? 1 : 0;
    }
    assertThat(ascending).as("ascending neighbours of 99").isBetween(30, 69);
  }

  private List<String> items(List<String> rows, long seed) throws IOException {
    Path in = file("ratings.csv", String.join("\n", rows) + "\n2,1,4,978300301\n");
    ImportSummary summary = run(new MovieLensImporter(), in, settings(seed), 0);
    assertThat(summary.lines())
        .contains(
            "99.01 % of the rows have a time at which the same user has another; such rows were put"
                + " in an order drawn with seed %d.".formatted(seed));
    return Files.readAllLines(out).stream()
        .filter(line -> line.contains("\"user\":\"1\""))
        .map(line -> line.replaceAll(".*\"item\":\"(\\d+)\".*", "$1"))
        .toList();
  }
}
