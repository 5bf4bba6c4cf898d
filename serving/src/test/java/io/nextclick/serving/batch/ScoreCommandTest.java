// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.file.FileHash;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.replay.StoreReplay;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.serving.RandomModel;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreCommandTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static ScoreFixture fixture;
  @TempDir private Path work;

  @BeforeAll
  static void makeFixture() throws IOException {
    fixture = new ScoreFixture(folder, 100);
  }

  @Test
  void score_wholeCatalogue_equalsSortingEveryScore() throws IOException {
    Path out = work.resolve("out");
    CommandRun run = fixture.score(out, "--limit", "7", "--rows-per-part", "30");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("Ranked 100 users into 4 part files");
    Map<String, UserSequence> histories = new java.util.HashMap<>();
    try (RocksDbSequenceStore store =
            RocksDbSequenceStore.open(work.resolve("state"), FoldSettings.DEFAULT);
        Scorer scorer =
            ModelBundle.open(fixture.model.resolve("v1")).scorer(Backend.VECTOR, null)) {
      new StoreReplay(store, at -> {}).run(fixture.log, "log");
      store.forEach(histories::put);
      List<String> ids = new ArrayList<>(scorer.vocabulary().ids());
      ids.removeIf(id -> store.items().get(id) != null && !store.items().get(id).available());
      List<JsonNode> rows = rows(out);
      assertThat(rows).hasSize(7 * histories.size());
      for (JsonNode row : rows) {
        String user = row.get("user").asText();
        EncodedRequest request =
            EncodedRequest.of(
                scorer.vocabulary(), histories.get(user), scorer.maxHistory(), ids, Map.of());
        float[] scores = scorer.score(request);
        int index = ids.indexOf(row.get("item").asText());
        assertThat(row.get("score").floatValue()).isEqualTo(scores[index]);
        assertThat(row.get("probability").isNull()).isTrue(); // random weights
        int better = 0;
        for (int i = 0; i < scores.length; i++) {
          better += scores[i] > scores[index] || scores[i] == scores[index] && i < index ? 1 : 0;
        }
        assertThat(row.get("rank").asInt()).isEqualTo(better + 1);
        assertThat(row.get("modelVersion").asText()).isEqualTo("tiny/v1");
        assertThat(row.get("historyOffset").asLong())
            .isEqualTo(store.partitions().values().iterator().next().nextOffset());
      }
    }
  }

  @Test
  void score_calibratedModel_hasTheProbabilitiesOfItsScores() throws IOException {
    RandomModel.publish(work.resolve("models"), "v1", 20, 5, new Calibration.Platt(0.8, -1));
    for (String format : List.of("jsonl", "parquet")) {
      CommandRun run =
          CommandRun.of(
              "score",
              "--model",
              work.resolve("models/shop").toString(),
              "--events",
              fixture.log.toString(),
              "--format",
              format,
              "--out",
              work.resolve(format).toString());
      assertThat(run.status()).as(run.output()).isZero();
    }
    List<JsonNode> expected = rows(work.resolve("jsonl"));
    assertThat(expected).isNotEmpty();
    int at = 0;
    try (ParquetFileReader file =
            ParquetFileReader.open(InputFile.of(work.resolve("parquet/part-00000.parquet")));
        RowReader rows = file.rowReader()) {
      while (rows.hasNext()) {
        rows.next();
        JsonNode row = expected.get(at++);
        float score = row.get("score").floatValue();
        float probability = row.get("probability").floatValue();
        assertThat(probability).isEqualTo((float) (1 / (1 + Math.exp(-(0.8 * score - 1)))));
        assertThat(rows.getFloat("score")).isEqualTo(score);
        assertThat(rows.getFloat("probability")).isEqualTo(probability);
      }
    }
    assertThat(at).isEqualTo(expected.size());
  }

  @Test
  void score_parquet_hasTheRowsOfJson() throws IOException {
    Path users = Files.writeString(work.resolve("users.csv"), "user\nu1\nnobody\nu2\n");
    fixture.score(work.resolve("json"), "--users", users.toString());
    CommandRun run =
        fixture.score(work.resolve("parquet"), "--users", users.toString(), "--format", "parquet");
    assertThat(run.status()).as(run.output()).isZero();
    List<JsonNode> expected = rows(work.resolve("json"));
    assertThat(expected).hasSize(300);
    int at = 0;
    try (ParquetFileReader file =
            ParquetFileReader.open(InputFile.of(work.resolve("parquet/part-00000.parquet")));
        RowReader rows = file.rowReader()) {
      while (rows.hasNext()) {
        rows.next();
        JsonNode row = expected.get(at++);
        assertThat(rows.getString("user")).isEqualTo(row.get("user").asText());
        assertThat(rows.getString("item")).isEqualTo(row.get("item").asText());
        assertThat(rows.getInt("rank")).isEqualTo(row.get("rank").asInt());
        assertThat(rows.getFloat("score")).isEqualTo(row.get("score").floatValue());
        assertThat(rows.isNull("probability")).isTrue();
        assertThat(rows.getString("modelVersion")).isEqualTo("tiny/v1");
        assertThat(rows.isNull("historyOffset")).isEqualTo(row.get("historyOffset").isNull());
        if (!rows.isNull("historyOffset")) {
          assertThat(rows.getLong("historyOffset")).isEqualTo(row.get("historyOffset").asLong());
        }
      }
    }
    assertThat(at).isEqualTo(expected.size());
  }

  @Test
  void score_badRows_areRejectedWithLineAndReason() throws IOException {
    Path users =
        Files.writeString(
            work.resolve("users.jsonl"),
            """
            {"user":"u1","candidates":["i1","i2","i2"]}
            {"user":7}
            {"user":"u1"
            {"candidates":["i1"]}
            {"user":"u1","candidates":[""]}
            {"user":"u1","kandidates":[]}
            {"user":"u2","candidates":["i3","unheard-of"],"context":{"surface":"home"}}
            """);
    Path out = work.resolve("out");
    CommandRun refused = fixture.score(out, "--users", users.toString());
    assertThat(refused.status()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output()).contains("users.jsonl:2: user has", "5 of 7 rows were refused");
    assertThat(out).doesNotExist();

    CommandRun run = fixture.score(out, "--users", users.toString(), "--max-refused=90%");
    assertThat(run.status()).as(run.output()).isEqualTo(3);
    assertThat(run.output()).contains("Ranked 2 users").contains("5 rows rejected");
    assertThat(Files.readAllLines(work.resolve("out/rejected-00000.jsonl")))
        .hasSize(5)
        .satisfiesExactly(
            line -> assertThat(line).contains("\"line\":2", "user has a value of the wrong type"),
            line -> assertThat(line).contains("\"line\":3", "is not valid JSON"),
            line -> assertThat(line).contains("\"line\":4", "user is missing"),
            line -> assertThat(line).contains("\"line\":5", "candidates[0] is empty"),
            line -> assertThat(line).contains("\"line\":6", "kandidates is not a field"));
    assertThat(rows(work.resolve("out")))
        .extracting(row -> row.get("user").asText() + " " + row.get("item").asText())
        .containsExactlyInAnyOrder("u1 i1", "u1 i2", "u2 i3", "u2 unheard-of");
    assertThat(fixture.score(out, "--users", users.toString(), "--max-refused=90%").status())
        .isEqualTo(3);
  }

  @Test
  void score_sameUsersAsCsvJsonAndParquet_givesTheSameLists() throws IOException {
    Path lists = work.resolve("lists");
    fixture.score(lists, "--format", "parquet", "--limit", "1");
    Path asParquet = lists.resolve("part-00000.parquet"); // it has the columns user and item
    List<String> users = new ArrayList<>();
    try (ParquetFileReader file = ParquetFileReader.open(InputFile.of(asParquet));
        RowReader rows = file.rowReader()) {
      while (rows.hasNext()) {
        rows.next();
        users.add(rows.getString("user"));
      }
    }
    Path asCsv =
        Files.writeString(work.resolve("u.csv"), "x,user\n1," + String.join("\n1,", users));
    Path asJson =
        Files.writeString(
            work.resolve("u.jsonl"),
            "{\"user\":\"" + String.join("\"}\n{\"user\":\"", users) + "\"}\n");
    List<String> hashes = new ArrayList<>();
    for (Path file : List.of(asParquet, asCsv, asJson)) {
      Path out = work.resolve("out-" + file.getFileName());
      CommandRun run =
          fixture.score(out, "--users", file.toString(), "--candidates", asParquet.toString());
      assertThat(run.status()).as(run.output()).isZero();
      hashes.add(FileHash.of(out.resolve("part-00000.jsonl")).sha256());
    }
    assertThat(hashes).containsOnly(hashes.getFirst());
  }

  @Test
  void score_otherThreads_givesTheSameBytes() throws IOException {
    fixture.score(work.resolve("one"), "--threads", "1", "--all-scores");
    fixture.score(work.resolve("five"), "--threads", "5", "--all-scores");
    assertThat(ScoreFixture.hashes(work.resolve("one")))
        .isEqualTo(ScoreFixture.hashes(work.resolve("five")))
        .containsOnlyKeys("part-00000.jsonl", "manifest.json");
  }

  @Test
  void score_damagedPart_isMadeAgain() throws IOException {
    Path out = work.resolve("out");
    fixture.score(out, "--rows-per-part", "20");
    Map<String, String> whole = ScoreFixture.hashes(out);
    Path part = out.resolve("part-00002.jsonl");
    JsonNode manifest = JSON.readTree(out.resolve("manifest.json").toFile());
    StringBuilder journal = new StringBuilder("{\"run\":" + manifest.get("run") + "}\n");
    manifest.get("parts").forEach(line -> journal.append(line).append('\n'));
    Files.writeString(out.resolve(".progress"), journal);
    Files.delete(out.resolve("manifest.json"));
    Files.writeString(part, "x", StandardOpenOption.APPEND);
    CommandRun run = fixture.score(out, "--rows-per-part", "20");
    assertThat(run.output()).contains("this run: 60 users");
    assertThat(ScoreFixture.hashes(out)).isEqualTo(whole);
  }

  @Test
  void score_sameDirectoryTwice_refusesTheSecond() throws IOException {
    Path out = Files.createDirectory(work.resolve("out"));
    try (FileChannel lock =
        FileChannel.open(
            out.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock.lock();
      CommandRun run = fixture.score(out);
      assertThat(run.status()).isEqualTo(1);
      assertThat(run.output()).contains("another run is writing here");
    }
    assertThat(fixture.score(out).status()).isZero();
  }

  @Test
  void score_directoryOfAnotherRun_isRefusedAndStays() throws IOException {
    Path out = work.resolve("out");
    fixture.score(out, "--limit", "3");
    Map<String, String> before = ScoreFixture.hashes(out);
    CommandRun run = fixture.score(out, "--limit", "4");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).contains("limit was 3, and is now 4");
    assertThat(ScoreFixture.hashes(out)).isEqualTo(before);
    Path full = Files.createDirectory(work.resolve("full"));
    Files.writeString(full.resolve("part-00000.jsonl"), "mine");
    assertThat(fixture.score(full).output()).contains("is not empty");
    assertThat(full.resolve("part-00000.jsonl")).hasContent("mine");
  }

  private static List<JsonNode> rows(Path out) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (var files = Files.list(out)) {
      for (Path file : files.sorted().toList()) {
        if (String.valueOf(file.getFileName()).startsWith("part-")) {
          for (String line : Files.readAllLines(file)) {
            rows.add(JSON.readTree(line));
          }
        }
      }
    }
    return rows;
  }
}
