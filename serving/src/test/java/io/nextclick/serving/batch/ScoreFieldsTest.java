// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.features.Fixtures;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.Fields;
import io.nextclick.serving.RandomModel;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Numbers of candidates in files: a model that reads {@code price} and {@code retrieval}, and the
 * same numbers in each form.
 */
class ScoreFieldsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static Path log;
  @TempDir private Path work;

  @BeforeAll
  static void publish() throws IOException {
    Fields fields =
        new Fields(
            List.of("price", "retrieval"),
            List.of(5f, 0.5f),
            List.of(10f, 0.3f),
            IntStream.range(0, 30).mapToObj(i -> i % 15 / 15f).toList());
    EncoderConfig config =
        EncoderConfig.builder(4, Scoring.DOT)
            .width(8, 8)
            .layers(1, 1)
            .history(5)
            .parts(fields)
            .build();
    new BundleWriter(folder)
        .publish(
            new BundleWriter.Label(
                "fields",
                "v1",
                FoldSettings.DEFAULT.actions(),
                new Calibration.Platt(0.8, -1),
                Map.of(),
                Map.of()),
            new Vocabulary(List.of("apple", "Birne 2", "čaj", "42")),
            RandomModel.filled(EncoderWeights.random(config, 7), 7));
    log = folder.resolve("log.jsonl");
    Files.writeString(
        log,
        """
        {"id":"e1","action":"click","user":"ann","item":"apple","time":1795341600000}
        {"id":"e2","action":"like","user":"bob","item":"42","time":1795341600000}
        """);
  }

  /** Of an item that comes twice, the first counts; what follows keeps its own numbers. */
  @Test
  void users_ofJsonAndCsv_haveTheSameNumbers() throws IOException {
    Path jsonl =
        file(
            "users.jsonl",
            """
            {"user":"ann","candidates":["apple",{"item":"42","fields":{"retrieval":0.5,"price":7}},{"item":"42","fields":{"price":9}}]}
            {"user":"bob","candidates":[{"item":"apple","fields":{"retrieval":null}},{"item":"čaj","fields":{"price":-1e1}}]}
            """);
    Path csv =
        file(
            "users.csv",
            """
            user,candidates,field.price,field.retrieval
            ann,apple|42|42,|7|9,| 0.5 |
            bob,apple|apple|čaj,||-10,
            """);
    Path plain = file("plain.csv", "user,candidates\nann,apple|42\nbob,apple|čaj\n");
    List<String> expected = scores("jsonl", "--users", jsonl.toString());
    assertThat(scores("csv", "--users", csv.toString())).isEqualTo(expected);
    assertThat(scores("plain", "--users", plain.toString()))
        .hasSameSizeAs(expected)
        .doesNotContainAnyElementsOf(expected.subList(0, 1));
  }

  /** What the items of {@code --candidates} have holds for all users. */
  @Test
  void items_ofJsonAndCsv_haveTheSameNumbers() throws IOException {
    Path jsonl =
        file(
            "items.jsonl",
            "{\"item\":\"apple\"}\n{\"item\":\"42\",\"fields\":{\"retrieval\":0.5,\"price\":7}}\n");
    Path csv = file("items.csv", "item,field.retrieval,field.price\napple,,\n42,0.5,7\n");
    Path users =
        file(
            "both.jsonl",
            """
            {"user":"ann","candidates":["apple",{"item":"42","fields":{"retrieval":0.5,"price":7}}]}
            {"user":"bob","candidates":["apple",{"item":"42","fields":{"retrieval":0.5,"price":7}}]}
            """);
    List<String> expected = scores("users", "--users", users.toString());
    assertThat(scores("jsonl", "--candidates", jsonl.toString())).isEqualTo(expected);
    assertThat(scores("csv", "--candidates", csv.toString())).isEqualTo(expected);
  }

  /** Three rows do not fit: too few numbers, a candidate that is null, a number too large. */
  @Test
  void users_ofParquet_haveTheSameNumbers() throws IOException {
    Path jsonl =
        file(
            "users.jsonl",
            """
            {"user":"ann","candidates":["apple",{"item":"42","fields":{"retrieval":0.5,"price":7}},"42"]}
            {"user":"bob","candidates":["apple",{"item":"čaj","fields":{"price":-10}}]}
            {"user":"text","candidates":["apple"]}
            """);
    List<String> expected = scores("jsonl", "--users", jsonl.toString());
    assertThat(rejected("parquet", resource("fields-users.parquet")))
        .containsExactly(
            "3 field.price has 1 numbers for 2 items; null stands for an item without one",
            "4 candidates[1] is missing",
            "5 field.price is not a number between -3.4e38 and 3.4e38");
    assertThat(scores(rows("parquet", "part-00000.jsonl"))).isEqualTo(expected);
  }

  @Test
  void items_ofParquet_haveTheSameNumbers() throws IOException {
    Path csv = file("items.csv", "item,field.retrieval,field.price\napple,,\n42,0.5,7\n");
    List<String> expected = scores("csv", "--candidates", csv.toString());
    assertThat(scores("parquet", "--candidates", resource("fields-items.parquet").toString()))
        .isEqualTo(expected);
    assertThat(run("text", "--candidates", resource("fields-text.parquet").toString()).output())
        .contains("fields-text.parquet: row 1: field.price is neither a number nor null");
  }

  @Test
  void rows_whoseNumbersDoNotFit_areRejectedByName() throws IOException {
    Path csv =
        file(
            "users.csv",
            """
            user,candidates,field.price
            ann,apple|42,1
            ann,apple|42,1|cheap
            ann,apple|42,1|1e39
            ann,,1
            ann,apple|42,1|2
            """);
    Path jsonl =
        file(
            "users.jsonl",
            """
            {"user":"ann","candidates":["apple"],"fields":{"price":1}}
            {"user":"ann","candidates":[{"item":"apple","fields":{"price":"1"}}]}
            {"user":"ann","candidates":["apple"]}
            """);
    assertThat(rejected("csv", csv))
        .containsExactly(
            "2 field.price has 1 numbers for 2 items; an empty place stands for an item without"
                + " one",
            "3 field.price is no number such as 0.83",
            "4 field.price is not a number between -3.4e38 and 3.4e38",
            "5 field.price has 1 numbers for 0 items; an empty place stands for an item without"
                + " one");
    assertThat(rejected("jsonl", jsonl))
        .containsExactly(
            "1 fields is of a candidate, and stands with it: {\"item\": ..., \"fields\": ...}",
            "2 candidates[0].fields.price is neither a number nor null at line 1, column 63");
  }

  @Test
  void columns_thatAreTooManyOrNoNames_areRefused() throws IOException {
    StringBuilder many = new StringBuilder("item");
    for (int i = 0; i < 17; i++) {
      many.append(",field.n").append(i);
    }
    assertThat(run("many", "--candidates", file("many.csv", many + "\n").toString()).output())
        .contains("many.csv: 17 columns field.NAME, at most 16");
    assertThat(
            run("none", "--candidates", file("none.csv", "item,field.\na,1\n").toString()).output())
        .contains("none.csv: column 'field.' has a name that is empty");
    Path items = file("items.csv", "item,field.price\napple,1\n42,x\n");
    assertThat(run("items", "--candidates", items.toString()).output())
        .contains("items.csv: row 3: field.price is no number such as 0.83");
  }

  /** A misspelt name is said, and the run goes on. */
  @Test
  void names_thatDiffer_areSaid() throws IOException {
    Path csv = file("items.csv", "item,field.retreival,field.price\napple,1,2\n42,1,2\n");
    CommandRun run = run("out", "--candidates", csv.toString());
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains("Numbers of candidates that the model does not read: retreival")
        .contains("Numbers that the model reads and no candidate has: retrieval");
  }

  private Path resource(String name) throws IOException {
    Path file = work.resolve(name);
    try (InputStream in = Fixtures.open("batch/" + name)) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(work.resolve(name), content);
  }

  private CommandRun run(String out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "score",
                "--model",
                folder.resolve("fields").toString(),
                "--backend",
                "scalar",
                "--events",
                log.toString(),
                "--out",
                work.resolve(out + "-out").toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private List<String> scores(String out, String... more) throws IOException {
    CommandRun run = run(out, more);
    assertThat(run.status()).as(run.output()).isZero();
    return scores(rows(out, "part-00000.jsonl"));
  }

  private static List<String> scores(List<JsonNode> rows) {
    return rows.stream()
        .map(row ->
            "%s %s %s"
                .formatted(
                    row.get("user").asText(), row.get("item").asText(), row.get("score").asText()))
        .toList();
  }

  private List<String> rejected(String out, Path users) throws IOException {
    CommandRun run = run(out, "--users", users.toString(), "--max-refused", "90%");
    assertThat(run.status()).as(run.output()).isEqualTo(3);
    return rows(out, "rejected-00000.jsonl").stream()
        .map(row -> row.get("line").asText() + " " + row.get("reason").asText())
        .toList();
  }

  private List<JsonNode> rows(String out, String name) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(work.resolve(out + "-out").resolve(name))) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }
}
