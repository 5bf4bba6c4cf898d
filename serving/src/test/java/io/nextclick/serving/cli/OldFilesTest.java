// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Answers and outputs of batch scoring that earlier versions wrote, read by the commands of today.
 * The README beside the files says which commit wrote which.
 */
class OldFilesTest {

  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path directory;

  @BeforeEach
  void unpack() throws IOException {
    Fixtures.unpack("answers/models.zip.gz", directory);
  }

  /** Ten answers of two models, in two files; one was given by popularity, which is not kept. */
  @ParameterizedTest
  @CsvSource({
    "format-1-b5bb0c7, 0, 653b33c244e2b3c740b450c546fdf2742e863d9f352fa8732859f003e65174f1",
    "format-2-335f12a, 0, c3dfb9e152b4a6f78df469a6286723a4d813c51e0efbcbf0eab41fb5a86e9a70",
    "format-3-982c725, 13, 7af5880fcada361d80d430d66e96e163f20e29d1a9ac7cdae0b0f53bf1800a00"
  })
  void verify_answersOfThen_areEqual(String name, int frames, String hash) throws Exception {
    Path log = unpacked("answers/" + name, name);
    CommandRun run = verify(log);
    assertThat(run.output())
        .contains("10 answers", "9 equal", "1 not checked", "Proven: 9 of 10 answers equal")
        .contains("The log: 2 files, %d frames, each as it was written".formatted(frames))
        .contains("Last hash: " + hash)
        .contains("actions-dot/982c725                  4        16        4   0.2500")
        .contains("time-gaps-dot/982c725                5        20        5   0.2500")
        .doesNotContain("differ ");
    if (frames == 0) {
      assertThat(run.output()).contains("2 files of an older format, without hashes");
    }
  }

  /** Numbers came with the candidates of eight; each model reads them. */
  @Test
  void verify_answersWithNumbersOfThen_areEqual() throws Exception {
    Path log = unpacked("answers/format-4-a1d981b", "format-4-a1d981b");
    CommandRun run = verify(log, log.resolve("models"));
    assertThat(run.output())
        .contains("Proven: 10 of 10 answers equal")
        .contains("The log: 2 files, 14 frames, each as it was written")
        .contains("Last hash: 48dabd1a241a032aa6905249a61bee44647adb324a3b86dd5921f4a4fc325aa0")
        .doesNotContain("differ ");
  }

  /** Ten pages, by each method, with limits and without, by beam, too; and two lists. */
  @Test
  void verify_pagesOfThen_areEqual() throws Exception {
    Path log = unpacked("answers/format-4-089051d", "format-4-089051d");
    CommandRun run = verify(log, log.resolve("models"));
    assertThat(run.output())
        .contains("Proven: 12 of 12 answers equal")
        .contains("Last hash: ce8db531ca2aa6431453f379feb904c6009bbd35214ac5d4979d167d477586cb")
        .doesNotContain("differ ");
  }

  /** Of a model that is gone, nothing is proven: the verdict is not a formality. */
  @Test
  void verify_answersOfThenWithoutTheirModel_areNotProven() throws Exception {
    Path log = unpacked("answers/format-3-982c725", "format-3-982c725");
    Path models = directory.resolve("models");
    Path one = models.resolve("actions-dot/982c725");
    try (Stream<Path> files = Files.list(one)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(one);
    CommandRun run = verify(log);
    assertThat(run.status()).isNotZero();
    assertThat(run.output()).contains("5 of 10 answers equal");
  }

  private CommandRun verify(Path log) {
    return verify(log, directory.resolve("models"));
  }

  private static CommandRun verify(Path log, Path models) {
    return CommandRun.of(
        "replay",
        "--verify",
        log.resolve("answers").toString(),
        "--events",
        log.resolve("topics.jsonl.zst").toString(),
        "--models",
        models.toString(),
        "--user-key",
        log.resolve("user.key").toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lists", "some", "parquet"})
  void score_outputOfThen_isFinishedAndStays(String name) throws Exception {
    Path batch = unpacked("batch/batch", "batch");
    Path out = batch.resolve(name);
    Map<String, String> before = files(out);

    CommandRun run = score(batch, out, options(batch, name));

    assertThat(run.status()).as(run.output()).isEqualTo(name.equals("some") ? 3 : 0);
    assertThat(run.output()).contains("it was all there before");
    assertThat(files(out)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lists", "some"})
  void score_anew_givesTheRowsOfThen(String name) throws Exception {
    Path batch = unpacked("batch/batch", "batch");
    Path out = directory.resolve("anew");
    CommandRun run = score(batch, out, options(batch, name));
    assertThat(run.output()).contains("Ranked 3 users");
    requireSameRows(
        out.resolve("part-00000.jsonl"), batch.resolve(name).resolve("part-00000.jsonl"));
    JsonNode then = JSON.readTree(batch.resolve(name).resolve("manifest.json").toFile());
    JsonNode now = JSON.readTree(out.resolve("manifest.json").toFile());
    assertThat(now.get("run")).isEqualTo(then.get("run"));
    assertThat(now.get("pairs")).isEqualTo(then.get("pairs"));
  }

  /** A run that was killed in its fourth part, of a hundred. */
  @Test
  void score_killedThen_goesOnWhereItWas() throws Exception {
    Path batch = unpacked("batch/batch", "batch");
    Path out = batch.resolve("killed");
    byte[] first = Files.readAllBytes(out.resolve("part-00000.jsonl"));

    CommandRun run = score(batch, out, options(batch, "killed"));

    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("Ranked 200 users into 100 part files", "this run: 194");
    assertThat(out.resolve("part-00000.jsonl")).hasBinaryContent(first);
    requireSameRows(out.resolve("part-00099.jsonl"), out.resolve("part-00000.jsonl"));
    assertThat(out.resolve(".progress")).doesNotExist();
  }

  private static List<String> options(Path batch, String name) {
    return switch (name) {
      case "lists" -> List.of("--limit", "3");
      case "some" -> List.of("--users", batch.resolve("users.csv").toString(), "--max-refused=50%");
      case "parquet" -> List.of("--limit", "3", "--format", "parquet");
      default ->
          List.of(
              "--users",
              batch.resolve("many.csv").toString(),
              "--rows-per-part",
              "2",
              "--limit",
              "2");
    };
  }

  private CommandRun score(Path batch, Path out, List<String> options) throws IOException {
    Fixtures.unpack("stores/fold-4-982c725.zip.gz", batch);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "score",
                "--model",
                directory.resolve("models/time-gaps-dot").toString(),
                "--store",
                batch.resolve("fold-4-982c725").toString(),
                "--backend",
                "scalar",
                "--out",
                out.toString()));
    arguments.addAll(options);
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private static void requireSameRows(Path found, Path expected) throws IOException {
    List<String> rows = Files.readAllLines(found);
    List<String> then = Files.readAllLines(expected);
    assertThat(rows).hasSameSizeAs(then);
    for (int i = 0; i < rows.size(); i++) {
      JsonNode row = JSON.readTree(rows.get(i));
      JsonNode before = JSON.readTree(then.get(i));
      assertThat(row.get("score").asDouble())
          .isCloseTo(before.get("score").asDouble(), Offset.offset(1e-6));
      for (String field :
          List.of("user", "item", "rank", "probability", "modelVersion", "historyOffset")) {
        assertThat(row.get(field)).as(field).isEqualTo(before.get(field));
      }
    }
  }

  private static Map<String, String> files(Path of) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(of)) {
      for (Path file : files.toList()) {
        if (!file.endsWith(".lock")) {
          contents.put(
              String.valueOf(file.getFileName()),
              HexFormat.of().formatHex(Files.readAllBytes(file)));
        }
      }
    }
    return contents;
  }

  private Path unpacked(String resource, String name) throws IOException {
    Fixtures.unpack(resource + ".zip.gz", directory);
    return directory.resolve(name);
  }
}
