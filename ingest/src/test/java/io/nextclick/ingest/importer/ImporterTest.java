// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.nextclick.ingest.log.TooManyRefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What holds for all formats, and SASRec's and KuaiRand's. */
class ImporterTest extends AbstractImporterTest {

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
    assertThat(summary.lines())
        .containsExactly(
            "  click                   3",
            "3 events of 2 users and 2 items, from 2000-01-01T00:00:01Z to 2000-01-01T00:00:05Z;"
                + " 2 rows refused",
            "Times were made up, a second per row: the input has none.",
            "Refused 2 of 5 rows (40 %):",
            "             2  not two fields, a user and an item",
            "They are:",
            "  in.txt:3: not two fields, a user and an item | x",
            "  in.txt:4: not two fields, a user and an item | 2 7 8");
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
  void run_nothingOrTooMuchRefused_leavesTheOldLog() throws IOException {
    Files.writeString(out, "old");
    assertThatExceptionOfType(TooManyRefusedException.class)
        .isThrownBy(() -> run(new SasRecImporter(), file("a.txt", ""), settings(1), 1))
        .withMessageContaining("nothing was read");
    assertThatExceptionOfType(TooManyRefusedException.class)
        .isThrownBy(() -> run(new SasRecImporter(), file("a.txt", "a,b\n"), settings(1), 1))
        .withMessageContaining("all 1 rows of a.txt were refused");
    assertThatExceptionOfType(TooManyRefusedException.class)
        .isThrownBy(() -> run(new SasRecImporter(), file("a.txt", "1 2\nx\n"), settings(1), 0.4))
        .withMessageContaining("1 of 2 rows were refused (50 %, at most 40 % may be)");
    assertLog("old");
    assertThat(folder).isDirectoryNotContaining(p -> p.toString().contains("part"));
  }

  @Test
  void sasrec_bytesThatAreNotUtf8_areRefusedAndNeverBecomeOneItem() throws IOException {
    Path in = folder.resolve("in.txt");
    Files.write(in, "1 caf\u00e9\n1 caf\u00e8\n1 tea\n".getBytes(StandardCharsets.ISO_8859_1));
    ImportSummary summary = run(new SasRecImporter(), in);
    assertThat(summary.items()).isEqualTo("1");
    assertThat(summary.rows().rowsRefused()).isEqualTo(2);
    assertThat(summary.rows().shown().getFirst())
        .startsWith("in.txt:1: bytes that are not UTF-8; --encoding");
    run(new SasRecImporter(), in, settings(1, StandardCharsets.ISO_8859_1), 0);
    assertThat(out).content().contains("caf\u00e9", "caf\u00e8");
  }

  @Test
  void sasrec_replacementCharacterInAnId_isRefused() throws IOException {
    ImportSummary summary = run(new SasRecImporter(), file("in.txt", "1 a\ufffd\n1 b\n"));
    assertThat(summary.rows().shown().getFirst()).contains("U+FFFD");
  }

  @Test
  void kuairand_allFiles_giveFeaturesHistoryImpressionsAndOutcomes() throws IOException {
    file(
        "impressions_x.csv",
        """
        user_id,video_id,date,hourmin,time_ms,is_click,long_view,is_like,is_follow,is_comment,\
        is_forward,is_hate,play_time_ms,tab
        3,9,20220425,0,1650005000000,1,1,0,0,0,0,0,61802,1
        3,9,20220425,0,1650005000000,1,1,0,0,0,0,0,61802,1
        4,8,20220425,0,1650006000000,0,0,1,1,1,1,1,5,0
        4,8,20220425,0,1650006000000,2,0,0,0,0,0,0,5,0
        """);
    file(
        "history_until_x.csv",
        """
        user_id,history_len,last_time_ms,video_ids,long_view_flags
        3,3,1650005000000,7 8 9,101
        4,2,1650004000000,6 5,01
        5,2,1650004000000,6 5,0
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
        {"id":"history-3-0","action":"impression","user":"4","item":"6","time":1650003940000}
        {"id":"history-3-1","action":"impression","user":"4","item":"5","time":1650004000000}
        {"id":"history-3-1-view","action":"long_view","user":"4","item":"5","time":1650004000000}
        {"id":"history-2-0","action":"impression","user":"3","item":"7","time":1650004880000}
        {"id":"history-2-0-view","action":"long_view","user":"3","item":"7","time":1650004880000}
        {"id":"history-2-1","action":"impression","user":"3","item":"8","time":1650004940000}
        {"id":"kr-2-impression","action":"impression","user":"3","item":"9","time":1650005000000,\
        "request":"kr-2","context":{"date":"20220425","tab":"1"}}
        {"id":"kr-2-click","action":"click","user":"3","item":"9","time":1650005000000,"request":"kr-2"}
        {"id":"kr-2-long_view","action":"long_view","user":"3","item":"9","time":1650005000000,\
        "request":"kr-2"}
        {"id":"kr-3-impression","action":"impression","user":"3","item":"9","time":1650005000000,\
        "request":"kr-3","context":{"date":"20220425","tab":"1"}}
        {"id":"kr-3-click","action":"click","user":"3","item":"9","time":1650005000000,"request":"kr-3"}
        {"id":"kr-3-long_view","action":"long_view","user":"3","item":"9","time":1650005000000,\
        "request":"kr-3"}
        {"id":"kr-4-impression","action":"impression","user":"4","item":"8","time":1650006000000,\
        "request":"kr-4","context":{"date":"20220425","tab":"0"}}
        {"id":"kr-4-like","action":"like","user":"4","item":"8","time":1650006000000,"request":"kr-4"}
        {"id":"kr-4-follow","action":"follow","user":"4","item":"8","time":1650006000000,"request":"kr-4"}
        {"id":"kr-4-comment","action":"comment","user":"4","item":"8","time":1650006000000,"request":"kr-4"}
        {"id":"kr-4-share","action":"share","user":"4","item":"8","time":1650006000000,"request":"kr-4"}
        {"id":"kr-4-dislike","action":"dislike","user":"4","item":"8","time":1650006000000,"request":"kr-4"}
        """);
    assertThat(summary.rows().reasons())
        .containsEntry("column 'is_click' is neither 0 nor 1", 1L)
        .containsEntry("column 'long_view_flags' has not one 0 or 1 per video", 1L)
        .hasSize(2);
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
}
