// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.features.event.Event;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.serving.cli.Nextclick;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void evaluate_syntheticShop_markovBeatsPopularity() throws IOException {
    Path log = folder.resolve("shop.jsonl.gz");
    try (EventLogWriter writer = EventLogWriter.open(log)) {
      Iterator<Event> events =
          new SyntheticShop(ShopSettings.DEFAULT.withUsers(1_000)).events().iterator();
      while (events.hasNext()) {
        writer.write(events.next());
      }
      writer.commit();
    }
    Path json = folder.resolve("out.json");
    int status =
        run(
            "evaluate",
            "--protocol",
            "leave-one-out",
            "--events",
            log.toString(),
            "--ranker",
            "popularity",
            "--ranker",
            "markov",
            "--json",
            json.toString());
    assertThat(status).as(err.toString()).isZero();
    JsonNode report = new ObjectMapper().readTree(Files.readString(json));
    assertThat(report.at("/data/quarantined").asInt()).isZero();
    double popularity = report.at("/rankers/0/metrics/HR@10").asDouble();
    double markov = report.at("/rankers/1/metrics/HR@10").asDouble();
    assertThat(markov).as(out.toString()).isGreaterThan(1.5 * popularity);
    assertThat(out.toString()).contains("Evaluated 2 rankers");
  }

  @Test
  void importThenEvaluate_smallFile_works() throws IOException {
    Path in = Files.writeString(folder.resolve("in.txt"), "1 a\n1 b\n1 c\n2 a\n2 b\n2 c\n");
    Path log = folder.resolve("in.jsonl.zst");
    assertThat(run("import", "sasrec", in.toString(), log.toString())).isZero();
    assertThat(out.toString())
        .contains("6 events of 2 users and 3 items", "0 rows refused")
        .endsWith("Wrote " + log + System.lineSeparator());
    assertThat(
            run(
                "evaluate",
                "--events",
                log.toString(),
                "--ranker",
                "markov",
                "--split",
                "validation"))
        .isZero();
    assertThat(out.toString()).contains("leave-one-out, validation part: users 2");
  }

  @Test
  void evaluate_missingLog_saysSo() {
    assertThat(run("evaluate", "--events", "nowhere.jsonl", "--ranker", "markov")).isNotZero();
    assertThat(err.toString()).contains("nowhere.jsonl: no such file");
  }

  @Test
  void evaluate_unknownRankerOrProtocol_saysWhichThereAre() throws IOException {
    Path log = Files.createFile(folder.resolve("empty.jsonl"));
    assertThat(run("evaluate", "--events", log.toString(), "--ranker", "best")).isNotZero();
    assertThat(err.toString()).contains("unknown ranker: best; there are popularity, markov");
    assertThat(run("evaluate", "--protocol", "x", "--events", log.toString(), "--ranker", "markov"))
        .isNotZero();
    assertThat(err.toString()).contains("unknown protocol: x");
  }

  @Test
  void import_missingInputOrWrongOutput_writesNothing() throws IOException {
    assertThat(run("import", "csv", "nowhere.csv", "out.jsonl")).isNotZero();
    assertThat(err.toString()).contains("nowhere.csv: no such file");
    Path in = Files.writeString(folder.resolve("in.txt"), "1 a\n");
    Path wrong = folder.resolve("out.json");
    assertThat(run("import", "sasrec", in.toString(), wrong.toString())).isNotZero();
    assertThat(err.toString()).contains(".jsonl.gz or .jsonl.zst");
    assertThat(wrong).doesNotExist();
  }

  private int run(String... args) {
    return Nextclick.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }
}
