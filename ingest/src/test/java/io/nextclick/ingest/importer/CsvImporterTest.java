// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nextclick.ingest.importer.TimeColumn.Unit;
import io.nextclick.ingest.table.TableForm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvImporterTest extends AbstractImporterTest {

  private static final CsvColumns USER_ITEM = columns(null, null);
  private static final CsvColumns USER_ITEM_TIME = columns("ts", null);
  private static final TimeColumn ISO = TimeColumn.of(Unit.ISO, null);
  private static final TimeColumn SECONDS = TimeColumn.of(Unit.SECONDS, null);

  @Test
  void namedColumns_areTaken() throws IOException {
    Path in =
        file(
            "in.csv",
            """
            when,uid, sku ,what,page,req
            2026-11-22T10:00:00.123Z,u1,i1,purchase,home,r1
            2026-11-22T11:00:00+01:00, u1 ,"i,2",click,,
            yesterday,u1,i1,click,,
            2026-11-22T10:00:00Z,,i1,click,,
            2026-11-22T10:00:00Z,u1,i1,dance,,
            2026-11-22T10:00:00Z,u1
            """);
    var columns =
        new CsvColumns("uid", "sku", "when", "what", "req", null, List.of(), List.of("page"));
    ImportSummary summary = run(new CsvImporter(null, null, columns, ISO, "click", Map.of()), in);
    assertLog(
        """
        {"id":"row-3","action":"click","user":"u1","item":"i,2","time":1795341600000}
        {"id":"row-2","action":"purchase","user":"u1","item":"i1","time":1795341600123,\
        "request":"r1","context":{"page":"home"}}
        """);
    assertThat(summary.rows().rowsRefused()).isEqualTo(4);
    assertThat(summary.rows().reasons().keySet())
        .anyMatch(reason -> reason.startsWith("bad-id"))
        .anyMatch(reason -> reason.startsWith("unknown action 'dance': map it (--map dance=click)"))
        .contains("column 'when': no time in ISO", "not as many fields as the header");
  }

  @Test
  void actionMap_namesWhatTheColumnHolds() throws IOException {
    Path in = file("in.csv", "user,item,ts,what\nu,i,1700000000,view\nu,i,1700000001,buy\n");
    Map<String, String> map = Map.of("view", "impression", "buy", "purchase");
    run(
        new CsvImporter(null, null, columns("ts", "what"), SECONDS, "click", map),
        in,
        settings(1),
        0);
    assertThat(out).content().contains("\"impression\"", "\"purchase\"");
  }

  @Test
  void noHeader_columnsAreNamedByTheCaller() throws IOException {
    Path in = file("in.dat", "71,2015-02-03T08:00:01.250Z,30,0\n71,2015-02-03T08:01:44Z,31,0\n");
    List<String> header = List.of("user", "ts", "item", "category");
    ImportSummary summary =
        run(
            new CsvImporter(null, header, USER_ITEM_TIME, ISO, "click", Map.of()),
            in,
            settings(1),
            0);
    assertThat(summary.events()).isEqualTo(2);
    assertThat(out).content().startsWith("{\"id\":\"row-1\"").contains("1422950401250");
  }

  @ParameterizedTest
  @ValueSource(strings = {",", ";", "\t", "|"})
  void separator_isToldByTheHeader(String separator) throws IOException {
    Path in = file("in.csv", "\ufeffuser,item,ts\r\nu,i,1700000000\r\n".replace(",", separator));
    assertThat(run(csv(null, USER_ITEM_TIME, SECONDS), in).events()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "windows-1252", "GB18030"})
  void encoding_given_isRead(String charset) throws IOException {
    Charset encoding = Charset.forName(charset);
    Path in = folder.resolve("in.csv");
    Files.write(in, "user,item\nu,caf\u00e9\n".getBytes(encoding));
    run(csv(null, USER_ITEM, ISO), in, settings(1, encoding), 0);
    assertThat(out).content().contains("caf\u00e9");
  }

  @Test
  void utf16_withoutItsMark_isNamed() throws IOException {
    Path in = folder.resolve("in.csv");
    Files.write(in, "user,item\nu,i\n".getBytes(StandardCharsets.UTF_16LE));
    assertThatIOException()
        .isThrownBy(() -> run(csv(null, USER_ITEM, ISO), in))
        .withMessageContaining("no column 'user'")
        .withMessageContaining("--encoding=UTF-16LE");
  }

  @Test
  void bytesThatAreNotUtf8_costTheirRowOnly() throws IOException {
    Path in = folder.resolve("in.csv");
    Files.write(
        in, "user,item\nu,caf\u00e9\nu,caf\u00e8\nu,tea\n".getBytes(StandardCharsets.ISO_8859_1));
    ImportSummary summary = run(csv(null, USER_ITEM, ISO), in);
    assertThat(summary.events()).isEqualTo(1);
    assertThat(summary.rows().shown())
        .extracting(row -> row.substring(0, row.indexOf(';')))
        .containsExactly(
            "in.csv:2: bytes that are not UTF-8", "in.csv:3: bytes that are not UTF-8");
  }

  /** One bad field costs its own row, whatever its quotation marks do to the rows after it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "u1,a1,\"5 inch#a quotation mark is opened and not closed on its line",
        "u1,a1,\"5\" inch#text follows a closing quotation mark"
      })
  void quotationMark_astray_costsItsRowOnly(String row, String reason) throws IOException {
    Path in =
        file("in.csv", "user,item,name\n" + row + "\nu2,a2,7\" long\nu3,a3,\"a \"\"b\"\", c\"\n");
    ImportSummary summary = run(csv(null, USER_ITEM, ISO), in);
    assertThat(summary.users()).isEqualTo("2");
    assertThat(summary.rows().reasons()).containsExactly(Map.entry(reason, 1L));
    assertThat(summary.rows().shown().getFirst()).startsWith("in.csv:2: ").endsWith("| " + row);
  }

  @Test
  void tabs_quotationMarks_arePartOfTheField() throws IOException {
    Path in = file("in.tsv", "user\titem\nu1\t\"mad dog\" miller\nu2\t\"open\nu3\t7\" single\n");
    run(csv(null, USER_ITEM, ISO), in, settings(1), 0);
    assertThat(out)
        .content()
        .contains("\\\"mad dog\\\" miller", "\"item\":\"\\\"open\"", "7\\\" single");
  }

  @Test
  void multiline_closedField_isOneRow_unclosedOne_costsItsLineOnly() throws IOException {
    Path in = file("in.csv", "user,item,text\nu1,a1,\"two\nlines\"\nu2,a2,\"open\nu3,a3,x\n");
    var form = new TableForm(",", '"', true, null);
    ImportSummary summary = run(csv(form, USER_ITEM, ISO), in);
    assertThat(summary.users()).isEqualTo("2");
    assertThat(summary.rows().shown()).singleElement().asString().startsWith("in.csv:4: ");
    assertThat(out).content().contains("\"row-2\"", "\"row-5\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "MILLIS # 1700000000 # is before 1990-01-01T00:00:00Z; it looks like seconds:"
            + " --time-unit=seconds",
        "SECONDS # 1700000000000 # it looks like milliseconds: --time-unit=millis",
        "MILLIS # 1700000000000000 # it looks like microseconds: --time-unit=micros",
        "ISO # 1700000000 # no time in ISO; it looks like seconds: --time-unit=seconds",
        "ISO # 2026-11-22T10:00:00 # the time has no offset: --time-zone says where it was",
        "SECONDS # 1700000000.5 # it is no whole number",
        "SECONDS # 99999999999999999999 # no time in SECONDS",
        "ISO # 2031-11-22T10:00:00Z # is after 2026-12-01T00:00:00Z (--earliest, --latest)"
      })
  void time_notPlausible_isRefusedWithAdvice(Unit unit, String text, String reason)
      throws IOException {
    Path in = file("in.csv", "user,item,ts\nu,i," + text + "\n");
    assertThatIOException()
        .isThrownBy(() -> run(csv(null, USER_ITEM_TIME, TimeColumn.of(unit, null)), in))
        .withMessageContaining("in.csv:2: column 'ts': ")
        .withMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "2023-03-05 11:12:13 , 2023-03-05T10:12:13Z",
    "05-03-2023 11:12, 2023-03-05T10:12:00Z",
    "3/5/2023 1:12:13 PM, 2023-03-05T12:12:13Z",
    "2023-03-05 00:00:00 UTC, 2023-03-05T00:00:00Z",
    "2023-10-29 02:30:00, 2023-10-29T00:30:00Z",
    "2023-03-05, 2023-03-04T23:00:00Z"
  })
  void timeFormat_theFirstThatFits_isReadInItsZone(String text, String instant) throws IOException {
    TimeColumn times =
        TimeColumn.of(
            List.of(
                "yyyy-MM-dd HH:mm:ss",
                "dd-MM-yyyy HH:mm",
                "M/d/yyyy h:mm:ss a",
                "uuuu-MM-dd HH:mm:ss z",
                "yyyy-MM-dd"),
            ZoneId.of("Europe/Berlin"));
    Path in = file("in.csv", "user,item,ts\nu,i," + text + "\n");
    assertThat(run(csv(null, USER_ITEM_TIME, times), in).first()).hasToString(instant);
  }

  @ParameterizedTest
  @CsvSource({
    "2023-03-26 02:30:00, 'no such time in Europe/Berlin: the clocks went forward'",
    "2023-04-31 02:30:00, no time in [yyyy-MM-dd HH:mm:ss]"
  })
  void timeFormat_noSuchTime_isRefused(String text, String reason) throws IOException {
    TimeColumn times = TimeColumn.of(List.of("yyyy-MM-dd HH:mm:ss"), ZoneId.of("Europe/Berlin"));
    Path in = file("in.csv", "user,item,ts\nu,i," + text + "\n");
    assertThatIOException()
        .isThrownBy(() -> run(csv(null, USER_ITEM_TIME, times), in))
        .withMessageContaining(reason);
  }

  @Test
  void timeFormat_noPattern_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TimeColumn.of(List.of("yyyy-bb"), null))
        .withMessageContaining("'yyyy-bb' is no pattern of times, such as");
  }

  @Test
  void shownColumn_givesAnImpressionOfAllAndAnActionForEachChosen() throws IOException {
    Path in =
        file(
            "behaviors.tsv",
            "1\tV1\t3/4/2021 8:00:00 AM\tM1 M2\tM3-0 M-4-1 M5-0\n"
                + "2\tV2\t3/5/2021 6:30:30 PM\t\tM6-1 M3-2\n");
    var columns = new CsvColumns("user", "item", "time", null, "id", "shown", List.of(), List.of());
    ImportSummary summary =
        run(
            new CsvImporter(
                null,
                List.of("id", "user", "time", "history", "shown"),
                columns,
                TimeColumn.of(List.of("M/d/yyyy h:mm:ss a"), null),
                "click",
                Map.of()),
            in);
    assertLog(
        """
        {"id":"row-1","action":"impression","user":"V1","items":["M3","M-4","M5"],\
        "time":1614844800000,"request":"1"}
        {"id":"row-1-0","action":"click","user":"V1","item":"M-4","time":1614844800000,\
        "request":"1"}
        """);
    assertThat(summary.rows().reasons())
        .containsExactly(Map.entry("column 'shown' holds no list such as i1-0 i2-1", 1L));
  }

  @Test
  void fieldColumns_giveNumbersOfTheItem() throws IOException {
    Path in =
        file(
            "in.csv",
            """
            user,item,ts,field.retrieval,price
            u,a,1700000001, 0.83 ,12.5
            u,b,1700000002,,-1e3
            u,c,1700000003,null,
            u,d,1700000004,"0,83",1
            u,e,1700000005,1e39,1
            u,f,1700000006,NaN,1
            """);
    ImportSummary summary =
        run(csv(null, numbers("ts", null, "field.retrieval", "price"), SECONDS), in);
    assertLog(
        """
        {"id":"row-2","action":"click","user":"u","item":"a","time":1700000001000,\
        "fields":{"price":[12.5],"retrieval":[0.83]}}
        {"id":"row-3","action":"click","user":"u","item":"b","time":1700000002000,\
        "fields":{"price":[-1000.0]}}
        {"id":"row-4","action":"click","user":"u","item":"c","time":1700000003000,\
        "fields":{"retrieval":[null]}}
        """);
    assertThat(summary.rows().reasons())
        .containsOnly(
            Map.entry("column 'field.retrieval' is no number such as 0.83", 2L),
            Map.entry("column 'field.retrieval' is not a number between -3.4e38 and 3.4e38", 1L));
    assertThat(summary.rows().shown().getFirst()).contains("in.csv:5");
  }

  @Test
  void fieldColumns_ofItemsShown_holdOneForEach() throws IOException {
    Path in =
        file(
            "in.csv",
            """
            user,ts,shown,retrieval
            u,1700000001,a-0 b-1,0.5 null
            u,1700000002,a-0 b-0,
            u,1700000003,a-0 b-1,0.5
            u,1700000004,a-0 b-1,0.5 x
            """);
    ImportSummary summary = run(csv(null, numbers("ts", "shown", "retrieval"), SECONDS), in);
    assertLog(
        """
        {"id":"row-2","action":"impression","user":"u","items":["a","b"],"time":1700000001000,\
        "request":"row-2","fields":{"retrieval":[0.5,null]}}
        {"id":"row-2-0","action":"click","user":"u","item":"b","time":1700000001000,\
        "request":"row-2"}
        {"id":"row-3","action":"impression","user":"u","items":["a","b"],"time":1700000002000,\
        "request":"row-3"}
        """);
    assertThat(summary.rows().reasons().keySet())
        .containsExactlyInAnyOrder(
            "column 'retrieval' has not one number for each item; null stands for an item without"
                + " one",
            "column 'retrieval' is no number such as 0.83");
  }

  @Test
  void fieldColumns_tooManyOrTwice_areRefused() {
    String[] many = IntStream.range(0, 17).mapToObj(i -> "n" + i).toArray(String[]::new);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> numbers("ts", null, many))
        .withMessage("17 columns of numbers, at most 16");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> numbers("ts", null, "price", "field.price"))
        .withMessage("'field.price' is named twice");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> numbers("ts", null, "field."))
        .withMessage("'field.' has a name that is empty");
  }

  @Test
  void noTimeColumn_countsSecondsByRow() throws IOException {
    ImportSummary summary = run(csv(null, USER_ITEM, ISO), file("in.csv", "user,item\nu,i\n"));
    assertThat(out).content().contains("\"time\":946684802000}");
    assertThat(summary.lines())
        .contains("Times were made up, a second per row: the input has none.");
  }

  /** To tell the separator takes a second look, which would lose what a pipe said first. */
  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void pipe_isReadOnce() throws Exception {
    Path pipe = folder.resolve("pipe.csv");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Thread writer = Thread.ofVirtual().start(() -> write(pipe, "u,i\nu,j\n"));
    var importer =
        new CsvImporter(null, List.of("user", "item"), USER_ITEM, ISO, "click", Map.of());
    assertThat(run(importer, pipe, settings(1), 0).events()).isEqualTo(2);
    writer.join();
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void missingColumn_listsThoseThatThereAre() throws IOException {
    Path in = file("in.csv", "a,b\n1,2\n");
    assertThatIOException()
        .isThrownBy(() -> run(csv(null, USER_ITEM, ISO), in))
        .withMessageContaining("no column 'user'; it has [a, b]");
  }

  @Test
  void gzip_cutOffOrMisnamed_failsWithTheFile() throws IOException {
    byte[] bytes = gzip("user,item\n" + "u,i\n".repeat(100_000));
    Path cutOff = folder.resolve("in.csv.gz");
    Files.write(cutOff, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatIOException()
        .isThrownBy(() -> run(csv(null, USER_ITEM, ISO), cutOff))
        .withMessageContaining("in.csv.gz: cut off or damaged at line");
    Path misnamed = folder.resolve("in.csv");
    Files.write(misnamed, bytes);
    assertThatIOException()
        .isThrownBy(() -> run(csv(null, USER_ITEM, ISO), misnamed))
        .withMessageContaining("it holds gzip data; its name must end in .gz");
    assertThat(out).doesNotExist();
  }

  @Test
  void endlessLine_isRefusedInBoundedMemory() throws IOException {
    Path in = file("in.csv", "user,item\nu," + "i".repeat(3 << 20) + "\nu,i\n");
    ImportSummary summary = run(csv(null, USER_ITEM, ISO), in);
    assertThat(summary.rows().shown().getFirst()).startsWith("in.csv:2: longer than 1048576");
    assertThat(summary.events()).isEqualTo(1);
  }

  private static CsvImporter csv(@Nullable TableForm form, CsvColumns columns, TimeColumn times) {
    return new CsvImporter(form, null, columns, times, "click", Map.of());
  }

  private static CsvColumns numbers(String time, @Nullable String shown, String... fields) {
    return new CsvColumns("user", "item", time, null, null, shown, List.of(fields), List.of());
  }

  private static CsvColumns columns(@Nullable String time, @Nullable String action) {
    return new CsvColumns("user", "item", time, action, null, null, List.of(), List.of());
  }
}
