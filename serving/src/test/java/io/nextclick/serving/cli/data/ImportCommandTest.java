// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImportCommandTest {

  @TempDir private Path folder;
  private Path in = Path.of("");
  private Path out = Path.of("");

  @BeforeEach
  void namePaths() {
    in = folder.resolve("in.csv");
    out = folder.resolve("out.jsonl");
  }

  @Test
  void csv_allRefused_failsShowsThreeAndKeepsTheOldLog() throws IOException {
    Files.writeString(out, "old");
    Files.writeString(in, "user,item,ts\n" + "u,i,yesterday\n".repeat(5_000));
    CommandRun run = csv("--time-column=ts");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output())
        .contains("in.csv:2: column 'ts': no time in ISO | u,i,yesterday")
        .contains("in.csv:4: ")
        .doesNotContain("in.csv:5: ", "Wrote")
        .contains("import: " + in + ": all 5,000 rows of in.csv were refused, first in.csv:2: ")
        .contains(out + " is as it was");
    assertThat(out).hasContent("old");
  }

  @Test
  void csv_maxRefused_letsThemPassAndRejectsHoldsThem() throws IOException {
    Files.writeString(in, "user,item,what\nu,i,view\nu,j,buy\n");
    Path rejects = folder.resolve("rejects.jsonl");
    assertThat(csv("--action-column=what", "--map=view=impression").status()).isEqualTo(1);
    CommandRun run =
        csv(
            "--action-column=what",
            "--map=view=impression",
            "--max-refused=50%",
            "--rejects=" + rejects);
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains("unknown action 'buy': map it (--map buy=click)", "Wrote " + out)
        .contains("The refused rows are in " + rejects);
    assertThat(rejects)
        .content()
        .startsWith("{\"source\":\"in.csv\",\"line\":3,\"reason\":\"unknown action 'buy'")
        .endsWith("\"row\":\"u,j,buy\"}\n");
  }

  @Test
  void csv_severalMapsTabAndTimeFormat_areTaken() throws IOException {
    Files.writeString(in, "1\tview\t3/4/2021 8:00:00 AM\tx\n1\tbuy\t3/4/2021 8:00:01 AM\ty\n");
    CommandRun run =
        csv(
            "--separator=tab",
            "--no-header",
            "--columns=user,what,ts,item",
            "--action-column=what",
            "--map=view=impression,buy=purchase",
            "--time-column=ts",
            "--time-format=M/d/yyyy h:mm:ss a",
            "--time-zone=Europe/Berlin");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains("from 2021-03-04T07:00:00Z to 2021-03-04T07:00:01Z; 0 rows refused");
  }

  @Test
  void earliestAndLatest_areTheUsers() throws IOException {
    Files.writeString(in, "user,item,ts\nu,i,1980-01-01T00:00:00Z\n");
    assertThat(csv("--time-column=ts").status()).isEqualTo(1);
    assertThat(csv("--time-column=ts", "--earliest=1979-12-31").status()).isZero();
    assertThat(csv("--time-column=ts", "--earliest=1970-01-01", "--latest=1979-01-01").output())
        .contains("the time is after 1979-01-01T00:00:00Z");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "--no-header # need each other",
        "--columns=user,item # need each other",
        "--quote=abc # neither a character nor none",
        "--time-format=bb # is no pattern of times",
        "--time-unit=seconds --time-zone=UTC # has no meaning with",
        "--earliest=soon # is neither a day such as",
        "--earliest=2020-01-02 --latest=2020-01-01 # is after the latest",
        "--max-refused=2 # is no share",
        "--rejects=x.txt # .jsonl"
      })
  void option_wrong_isSaidBeforeTheWork(String options, String message) throws IOException {
    Files.writeString(in, "user,item\nu,i\n");
    CommandRun run = csv(options.split(" "));
    assertThat(run.status()).isNotZero();
    assertThat(run.output()).contains(message).doesNotContain("\tat ");
    assertThat(out).doesNotExist();
  }

  @Test
  void json_earliest_isTheRuleOfItsEvents() throws IOException {
    Files.writeString(
        in,
        "{\"id\":\"e\",\"action\":\"click\",\"user\":\"u\",\"item\":\"i\",\"time\":500000000000}\n");
    CommandRun usual = CommandRun.of("import", "json", in.toString(), out.toString());
    assertThat(usual.status()).isEqualTo(1);
    assertThat(usual.output()).contains("the time is before 1990-01-01T00:00:00Z");
    CommandRun early =
        CommandRun.of("import", "json", in.toString(), out.toString(), "--earliest=1980-01-01");
    assertThat(early.status()).as(early.output()).isZero();
    assertThat(out).content().contains("\"time\":500000000000");
  }

  @Test
  void optionOfCsv_withAnotherFormat_isRefused() throws IOException {
    Files.writeString(in, "1 2\n");
    CommandRun run =
        CommandRun.of("import", "sasrec", in.toString(), out.toString(), "--time-unit=millis");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).contains("--time-unit is for csv; sasrec has columns of its own");
  }

  /** Each of the formats, with what is no input of it. */
  @ParameterizedTest
  @CsvSource({
    "sasrec, missing",
    "sasrec, folder",
    "sasrec, empty",
    "sasrec, other",
    "movielens, missing",
    "movielens, folder",
    "movielens, empty",
    "movielens, other",
    "movielens, archive",
    "kuairand, missing",
    "kuairand, folder",
    "kuairand, empty",
    "csv, missing",
    "csv, folder",
    "csv, empty",
    "csv, other",
    "csv, archive"
  })
  void input_ofAnotherKind_failsWithItsNameAndKeepsTheOldLog(String format, String kind)
      throws IOException {
    Files.writeString(out, "old");
    Path input = input(kind);
    CommandRun run = CommandRun.of("import", format, input.toString(), out.toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).contains("import: " + input).doesNotContain("Wrote", "\tat ", "null");
    assertThat(out).hasContent("old");
    assertThat(folder).isDirectoryNotContaining(p -> p.toString().contains(".unfinished"));
  }

  @Test
  void output_thatCannotBe_failsWithItsName() throws IOException {
    Files.writeString(in, "user,item\nu,i\n");
    Path directory = Files.createDirectory(folder.resolve("dir.jsonl"));
    for (Path wrong :
        List.of(folder.resolve("none/out.jsonl"), folder.resolve("out.txt"), directory)) {
      CommandRun run = CommandRun.of("import", "csv", in.toString(), wrong.toString());
      assertThat(run.status()).isEqualTo(1);
      assertThat(run.output()).contains(wrong.toString()).doesNotContain("\tat ");
    }
  }

  @Test
  void output_thatIsTheInputOrTheRejects_isRefused() throws IOException {
    Path log = Files.writeString(folder.resolve("in.jsonl"), "user,item\nu,i\n");
    CommandRun same = CommandRun.of("import", "csv", log.toString(), log.toString());
    assertThat(same.status()).isEqualTo(1);
    assertThat(same.output()).contains(log + " is the input; name another output");
    CommandRun twice =
        CommandRun.of("import", "csv", log.toString(), out.toString(), "--rejects=" + out);
    assertThat(twice.status()).isEqualTo(1);
    assertThat(twice.output()).contains("--rejects=" + out + " is in use; name another file");
    assertThat(out).doesNotExist();
    assertThat(log).hasContent("user,item\nu,i\n");
  }

  private Path input(String kind) throws IOException {
    Path input = folder.resolve(kind.equals("archive") ? "in.zip" : kind);
    switch (kind) {
      case "folder" -> Files.createDirectory(input);
      case "empty" -> Files.createFile(input);
      case "other" -> Files.write(input, new byte[] {0, 1, 2, (byte) 0xff, '\n', 7, 7, '\n'});
      case "archive" -> Files.writeString(input, "PK\u0003\u0004junk");
      default -> assertThat(kind).isEqualTo("missing");
    }
    return input;
  }

  private CommandRun csv(String... options) {
    List<String> arguments = new ArrayList<>(List.of("import", "csv", in.toString()));
    arguments.add(out.toString());
    arguments.addAll(List.of(options));
    return CommandRun.of(arguments.toArray(String[]::new));
  }
}
