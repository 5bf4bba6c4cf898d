// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MapCommandTest {

  private static final String MAPPING =
      """
      action: /what
      actions: {view: impression, pick: click}
      user: /who
      item: /thing
      time: /at
      timeUnit: seconds
      """;
  private static final String GOOD = "{'what':'view','who':1,'thing':7,'at':1764000000}\n";
  private static final String BAD = "{'what':'view','whom':1,'thing':7,'at':1764000000}\n";

  @TempDir private Path directory;

  @Test
  void map_lines_showsEventOrReasonAndCounts() throws IOException {
    CommandRun run = map(GOOD + "\r\n" + BAD + "x\n" + GOOD.replace("view", "pick"), MAPPING);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output())
        .contains(
            "     1 "
                + " {\"id\":\"records.jsonl-1\",\"action\":\"impression\",\"user\":\"1\",\"item\":\"7\",\"time\":1764000000000}",
            "     3  missing-field: user: nothing at /who; did you mean whom?",
            "     4  not-json: the record is not JSON at character",
            "4 records of ",
            ": 2 events {click=1, impression=1}",
            "2 are none:",
            "  1  not-json: the record is not JSON\n");
  }

  @Test
  void map_arrayOfRecords_isReadAsWell() throws IOException {
    CommandRun run = map("\n [" + GOOD + "," + GOOD + "]", MAPPING);

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("records.jsonl-2", "2 records of ", "2 events");
  }

  @Test
  void map_withoutMapping_saysWhetherLinesAreEvents() throws IOException {
    CommandRun run = map(GOOD, null);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output())
        .contains("no event has a field what", "no record is an event; --mapping=FILE says");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          user: /who                              | action is missing: say where it stands
          usr: /who                               | a mapping has no field usr; did you mean user?
          '{action: click, user: who, time: /at}' | user: 'who' is no JSON pointer: write such as /who
          events: {mapping: null}                 | no mapping; its fields stand at the top
          '{'                                     | --mapping=
          """)
  void mapping_thatIsNone_isRefusedInOneSentence(String yaml, String message) throws IOException {
    CommandRun run = map(GOOD, yaml);

    assertThat(run.status()).isNotZero();
    assertThat(run.output()).contains(message, "mapping.yml").hasLineCount(1);
  }

  @Test
  void files_thatAreNotThere_areNamed() throws IOException {
    assertThat(CommandRun.of("map", "--try", "nowhere.jsonl").output())
        .contains("nowhere.jsonl: no such file");
    Path records = Files.writeString(directory.resolve("r.jsonl"), "");
    assertThat(CommandRun.of("map", "--try", records.toString()).output())
        .contains("r.jsonl: is empty");
    Files.writeString(records, GOOD);
    assertThat(CommandRun.of("map", "--try", records.toString(), "--mapping=nowhere.yml").output())
        .contains("nowhere.yml: no such file");
  }

  @Test
  void import_json_writesTheEventsOfTheMapping() throws IOException {
    Path records = write(GOOD.repeat(3) + BAD);
    Path mapping = Files.writeString(directory.resolve("mapping.yml"), MAPPING);
    Path log = directory.resolve("log.jsonl");
    String[] command = {
      "import", "json", records.toString(), log.toString(), "--mapping=" + mapping
    };

    CommandRun refused = CommandRun.of(command);
    assertThat(refused.status()).isNotZero();
    assertThat(refused.output())
        .contains("records.jsonl:4: missing-field: user: nothing at /who; did you mean whom?");
    assertThat(log).doesNotExist();

    write(GOOD.repeat(3));
    CommandRun imported = CommandRun.of(command);
    assertThat(imported.status()).as(imported.output()).isZero();
    assertThat(Files.readString(log))
        .hasLineCount(3)
        .contains("{\"id\":\"records.jsonl-3\",\"action\":\"impression\",\"user\":\"1\",");
  }

  @Test
  void import_json_withoutMapping_takesEvents() throws IOException {
    Path records =
        write(
            "\uFEFF{'id':'e','action':'click','user':'u','item':'i','time':1764000000000}\r\n\r\n");
    Path log = directory.resolve("log.jsonl");

    CommandRun run = CommandRun.of("import", "json", records.toString(), log.toString());
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(Files.readString(log)).hasLineCount(1);
    assertThat(
            CommandRun.of("import", "csv", records.toString(), log.toString(), "--mapping=m.yml")
                .output())
        .contains("--mapping is for json");
  }

  /** A record of each shape of docs/mapping.md, in its order, and the event that comes of it. */
  private static final List<Map.Entry<String, String>> SHAPES =
      List.of(
          Map.entry(
              "{'messageId':'m','event':'Order Completed','userId':null,'anonymousId':'a',"
                  + "'timestamp':'2025-11-24T16:00:00.123Z',"
                  + "'properties':{'products':[{'product_id':1},{'product_id':'2'}]}}",
              "{'id':'m','action':'purchase','user':'a','items':['1','2'],'time':1764000000123}"),
          Map.entry(
              "{'event_id':'e','event_name':'product_view','domain_userid':'d','platform':'web',"
                  + "'collector_tstamp':'2025-11-24 16:00:00.123',"
                  + "'contexts_com_snowplowanalytics_snowplow_ecommerce_product_1':[{'id':'s'}]}",
              "{'id':'e','action':'impression','user':'d','item':'s','time':1764000000123,"
                  + "'context':{'surface':'web'}}"),
          Map.entry(
              "{'specversion':'1.0','id':'A','type':'com.example.clicked','source':'/web',"
                  + "'time':'2025-11-24T16:00:00Z','data':{'customer':7,'sku':'s'}}",
              "{'id':'A','action':'click','user':'7','item':'s','time':1764000000000}"),
          Map.entry(
              "{'payload':{'op':'c','before':null,'after':{'customer_id':7,'product_id':9,"
                  + "'created_at':1764000000123456}}}",
              "{'id':'records.jsonl-1','action':'purchase','user':'7','item':'9',"
                  + "'time':1764000000123}"));

  @Test
  void shapes_ofTheDocument_giveEvents() throws IOException {
    String document = Files.readString(Path.of("..", "docs", "mapping.md"));
    List<String> blocks =
        Pattern.compile("(?s)```yaml\n(.*?)```")
            .matcher(document)
            .results()
            .map(block -> block.group(1))
            .toList();

    for (int i = 0; i < SHAPES.size(); i++) {
      CommandRun run = map(SHAPES.get(i).getKey(), blocks.get(i));
      assertThat(run.output())
          .as(blocks.get(i))
          .contains(SHAPES.get(i).getValue().replace('\'', '"'));
    }
    assertThat(blocks).hasSize(SHAPES.size() + 1); // and the service's configuration
  }

  private CommandRun map(String records, String mapping) throws IOException {
    Path file = write(records);
    if (mapping == null) {
      return CommandRun.of("map", "--try", file.toString());
    }
    Path yaml = Files.writeString(directory.resolve("mapping.yml"), mapping);
    return CommandRun.of("map", "--try", file.toString(), "--mapping", yaml.toString());
  }

  private Path write(String records) throws IOException {
    return Files.writeString(directory.resolve("records.jsonl"), records.replace('\'', '"'));
  }
}
