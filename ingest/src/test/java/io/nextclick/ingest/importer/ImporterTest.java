// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.nextclick.ingest.importer.CsvImporter.TimeUnit;
import io.nextclick.ingest.importer.ImportSummary.Refused;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small inputs and the logs that they must become, line by line. */
class ImporterTest {

  @TempDir private Path folder;
  private Path out;

  @BeforeEach
  void nameOutput() {
    out = folder.resolve("out.jsonl");
  }

  @Test
  void sasrec_goodAndBadLines_keepOrderAndCountTheBad() throws IOException {
    ImportSummary summary =
        run(new SasRecImporter(), file("in.txt", "1 7\n1 9\nx\n2 7 8\n2\t9\r\n"));
    assertLog(
        """
        {"id":"sasrec-1","action":"click","user":"1","item":"7","time":946684801000}
        {"id":"sasrec-2","action":"click","user":"1","item":"9","time":946684802000}
        {"id":"sasrec-5","action":"click","user":"2","item":"9","time":946684805000}
        """);
    assertThat(summary.actions()).containsOnlyKeys("click").containsEntry("click", 3L);
    assertThat(summary.users()).isEqualTo("2");
    assertThat(summary.items()).isEqualTo("2");
    assertThat(summary.refused())
        .containsOnlyKeys("not two fields, a user and an item")
        .containsValue(new Refused(2, "in.txt:3"));
    assertThat(summary.lines().getLast())
        .isEqualTo("3 events of 2 users and 2 items; 2 rows refused");
  }

  @Test
  void sasrec_gzip_isReadAsPlain() throws IOException {
    Path in = folder.resolve("in.txt.gz");
    Files.write(in, gzip("1 7\n"));
    run(new SasRecImporter(), in);
    assertThat(out).content().contains("\"item\":\"7\"");
  }

  @Test
  void sasrec_gzipCutOff_failsWithTheLineAndWritesNothing() throws IOException {
    Path in = folder.resolve("in.txt.gz");
    byte[] bytes = gzip("1 7\n".repeat(100_000));
    Files.write(in, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatIOException()
        .isThrownBy(() -> run(new SasRecImporter(), in))
        .withMessageMatching(".*in\\.txt\\.gz: cut off or damaged at line \\d+: .*");
    assertThat(folder).isDirectoryNotContaining(p -> p.toString().contains("out.jsonl"));
  }

  @Test
  void csv_gzipCutOff_failsWithTheFile() throws IOException {
    Path in = folder.resolve("in.csv.gz");
    byte[] bytes = gzip("user,item\n" + "u,i\n".repeat(100_000));
    Files.write(in, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatIOException()
        .isThrownBy(() -> run(csv(null, TimeUnit.ISO), in))
        .withMessageContaining("in.csv.gz");
    assertThat(out).doesNotExist();
  }

  @Test
  void movielens_csv_sortsEachUserByTimeAndDescribesMovies() throws IOException {
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
        1,2,4.0,300
        1,1,3.5,100
        1,3,5.0,300
        2,1,no,1
        2,1,4.5,200
        2,1
        """);
    ImportSummary summary = run(new MovieLensImporter(), folder);
    assertLog(
        """
        {"id":"movie-1","action":"item","item":"1","time":0,"attributes":\
        {"genre":["Drama","Film-Noir"],"title":["Stone, The"],"year":["1995"]}}
        {"id":"movie-2","action":"item","item":"2","time":0,"attributes":{"title":["Untitled"]}}
        {"id":"rating-3","action":"impression","user":"1","item":"1","time":100000}
        {"id":"rating-2","action":"click","user":"1","item":"2","time":300000}
        {"id":"rating-4","action":"click","user":"1","item":"3","time":300000}
        {"id":"rating-6","action":"click","user":"2","item":"1","time":200000}
        """);
    assertThat(summary.refused())
        .containsEntry("rating or time is no number", new Refused(1, "ratings.csv:5"))
        .containsEntry(
            "not four fields: user, movie, rating, time", new Refused(1, "ratings.csv:7"))
        .hasSize(2);
  }

  @Test
  void movielens_dat_isReadAsLatin1() throws IOException {
    Files.write(
        folder.resolve("movies.dat"), "7::Am\u00e9lie (2001)::Comedy\n".getBytes(ISO_8859_1));
    file("ratings.dat", "5::7::4::10\n5::7::3::11\n");
    run(new MovieLensImporter(), folder.resolve("ratings.dat"));
    assertLog(
        """
        {"id":"movie-7","action":"item","item":"7","time":0,"attributes":\
        {"genre":["Comedy"],"title":["Am\u00e9lie"],"year":["2001"]}}
        {"id":"rating-1","action":"click","user":"5","item":"7","time":10000}
        {"id":"rating-2","action":"impression","user":"5","item":"7","time":11000}
        """);
  }

  @Test
  void movielens_moreRowsOfOneUserThanAreHeld_areRefused() throws IOException {
    String rows = "u,1,4,9\n".repeat(MovieLensImporter.MAX_ROWS_OF_USER + 3);
    file("ratings.csv", "userId,movieId,rating,timestamp\n" + rows + "v,1,4,9\n");
    ImportSummary summary = run(new MovieLensImporter(), folder);
    assertThat(summary.events()).isEqualTo(MovieLensImporter.MAX_ROWS_OF_USER + 1L);
    assertThat(summary.rowsRefused()).isEqualTo(3);
  }

  @Test
  void movielens_emptyFolder_saysWhatIsMissing() {
    assertThatIOException()
        .isThrownBy(() -> run(new MovieLensImporter(), folder))
        .withMessageContaining("neither ratings.csv nor ratings.dat");
  }

  @Test
  void kuairand_allFiles_giveFeaturesHistoryImpressionsAndOutcomes() throws IOException {
    file(
        "impressions_x.csv",
        """
        user_id,video_id,date,hourmin,time_ms,is_click,long_view,is_like,is_follow,is_comment,\
        is_forward,is_hate,play_time_ms,tab
        3,9,20220425,0,5000000,1,1,0,0,0,0,0,61802,1
        3,9,20220425,0,5000000,1,1,0,0,0,0,0,61802,1
        4,8,20220425,0,6000000,0,0,1,1,1,1,1,5,0
        4,8,20220425,0,6000000,2,0,0,0,0,0,0,5,0
        """);
    file(
        "history_until_x.csv",
        """
        user_id,history_len,last_time_ms,video_ids,long_view_flags
        3,3,5000000,7 8 9,101
        4,2,4000000,6 5,01
        5,2,4000000,6 5,0
        """);
    file(
        "user_features_x.csv",
        """
        user_id,user_active_degree,is_lowactive_period,follow_user_num,follow_user_num_range,onehot_feat4
        3,full_active,0,514,"(250,500]",4.0
        4,UNKNOWN,0,1,0,
        """);
    file(
        "video_features_basic_x.csv",
        """
        video_id,author_id,video_type,upload_dt,upload_type,video_duration,music_id,music_type,tag
        9,77,NORMAL,2022-04-10,Kmovie,9000.0,5,9.0,"2,3"
        8,78,AD,2022-04-10,Web,,6,,
        """);
    ImportSummary summary = run(new KuaiRandImporter(), folder);
    assertLog(
        """
        {"id":"video-9","action":"item","item":"9","time":0,"attributes":{"author":["77"],\
        "duration":["up to 15 s"],"music":["5"],"music_type":["9"],"tag":["2","3"],\
        "type":["NORMAL"],"upload_date":["2022-04-10"],"upload_type":["Kmovie"]}}
        {"id":"video-8","action":"item","item":"8","time":0,"attributes":{"author":["78"],\
        "music":["6"],"type":["AD"],"upload_date":["2022-04-10"],"upload_type":["Web"]}}
        {"id":"user-3","action":"user","user":"3","time":0,"attributes":\
        {"follow_user_num_range":["(250,500]"],"onehot_feat4":["4"],\
        "user_active_degree":["full_active"]}}
        {"id":"user-4","action":"user","user":"4","time":0,"attributes":\
        {"follow_user_num_range":["0"],"user_active_degree":["UNKNOWN"]}}
        {"id":"history-2-0","action":"impression","user":"3","item":"7","time":4880000}
        {"id":"history-2-0-view","action":"long_view","user":"3","item":"7","time":4880000}
        {"id":"history-2-1","action":"impression","user":"3","item":"8","time":4940000}
        {"id":"history-3-0","action":"impression","user":"4","item":"6","time":3940000}
        {"id":"history-3-1","action":"impression","user":"4","item":"5","time":4000000}
        {"id":"history-3-1-view","action":"long_view","user":"4","item":"5","time":4000000}
        {"id":"kr-2-impression","action":"impression","user":"3","item":"9","time":5000000,\
        "request":"kr-2","context":{"date":"20220425","tab":"1"}}
        {"id":"kr-2-click","action":"click","user":"3","item":"9","time":5000000,"request":"kr-2"}
        {"id":"kr-2-long_view","action":"long_view","user":"3","item":"9","time":5000000,\
        "request":"kr-2"}
        {"id":"kr-3-impression","action":"impression","user":"3","item":"9","time":5000000,\
        "request":"kr-3","context":{"date":"20220425","tab":"1"}}
        {"id":"kr-3-click","action":"click","user":"3","item":"9","time":5000000,"request":"kr-3"}
        {"id":"kr-3-long_view","action":"long_view","user":"3","item":"9","time":5000000,\
        "request":"kr-3"}
        {"id":"kr-4-impression","action":"impression","user":"4","item":"8","time":6000000,\
        "request":"kr-4","context":{"date":"20220425","tab":"0"}}
        {"id":"kr-4-like","action":"like","user":"4","item":"8","time":6000000,"request":"kr-4"}
        {"id":"kr-4-follow","action":"follow","user":"4","item":"8","time":6000000,"request":"kr-4"}
        {"id":"kr-4-comment","action":"comment","user":"4","item":"8","time":6000000,"request":"kr-4"}
        {"id":"kr-4-share","action":"share","user":"4","item":"8","time":6000000,"request":"kr-4"}
        {"id":"kr-4-dislike","action":"dislike","user":"4","item":"8","time":6000000,"request":"kr-4"}
        """);
    assertThat(summary.refused())
        .containsEntry(
            "column 'is_click' is neither 0 nor 1", new Refused(1, "impressions_x.csv:5"))
        .containsEntry(
            "column 'long_view_flags' has not one 0 or 1 per video",
            new Refused(1, "history_until_x.csv:4"))
        .hasSize(2);
  }

  @Test
  void csv_namedColumns_areTaken() throws IOException {
    Path in =
        file(
            "in.csv",
            """
            when,uid,sku,what,page,req
            2026-11-22T10:00:00.123Z,u1,i1,purchase,home,r1
            2026-11-22T11:00:00+01:00,u1,"i,2",click,,
            yesterday,u1,i1,click,,
            2026-11-22T10:00:00Z,,i1,click,,
            2026-11-22T10:00:00Z,u1,i1,dance,,
            2026-11-22T10:00:00Z,u1
            """);
    ImportSummary summary =
        run(
            new CsvImporter(
                ',', "uid", "sku", "when", TimeUnit.ISO, "what", "click", "req", List.of("page")),
            in);
    assertLog(
        """
        {"id":"row-2","action":"purchase","user":"u1","item":"i1","time":1795341600123,\
        "request":"r1","context":{"page":"home"}}
        {"id":"row-3","action":"click","user":"u1","item":"i,2","time":1795341600000}
        """);
    assertThat(summary.rowsRefused()).isEqualTo(4);
    assertThat(summary.refused().keySet())
        .anyMatch(reason -> reason.startsWith("bad-id"))
        .anyMatch(reason -> reason.startsWith("unknown-action"))
        .contains("column 'when' is no time in ISO", "not as many fields as the header");
  }

  @Test
  void csv_noTimeColumn_countsSecondsByRow() throws IOException {
    run(csv(null, TimeUnit.ISO), file("in.csv", "user,item\nu,i\n"));
    assertThat(out).content().contains("\"time\":946684802000}");
  }

  @Test
  void csv_missingColumn_listsThoseThatThereAre() throws IOException {
    Path in = file("in.csv", "a,b\n1,2\n");
    assertThatIOException()
        .isThrownBy(() -> run(csv("time", TimeUnit.MILLIS), in))
        .withMessageContaining("no column 'user'; it has [a, b]");
  }

  @Test
  void timeUnit_seconds_areMultiplied() {
    assertThat(TimeUnit.SECONDS.parse("12")).isEqualTo(12_000);
    assertThat(TimeUnit.MILLIS.parse("12")).isEqualTo(12);
  }

  @Test
  void distinctCount_beyondItsLimit_saysSo() {
    var count = new DistinctCount();
    for (int i = 0; i < DistinctCount.LIMIT; i++) {
      count.add("n" + i);
      count.add("n" + i / 2);
    }
    assertThat(count).hasToString("1048576");
    count.add("one more");
    assertThat(count).hasToString("more than 1048576");
  }

  private static CsvImporter csv(@Nullable String time, TimeUnit unit) {
    return new CsvImporter(',', "user", "item", time, unit, null, "click", null, List.of());
  }

  private ImportSummary run(Importer importer, Path in) throws IOException {
    return importer.run(in, out, written -> {});
  }

  private void assertLog(String expected) throws IOException {
    assertThat(Files.readString(out)).isEqualTo(expected);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static byte[] gzip(String content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }
}
