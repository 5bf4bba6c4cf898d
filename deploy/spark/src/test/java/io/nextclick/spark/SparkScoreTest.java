// SPDX-License-Identifier: Apache-2.0
package io.nextclick.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job and {@code nextclick score} agree on every row. */
class SparkScoreTest {

  private static final int HISTORY = 20;
  private static final StructType LOG =
      new StructType().add("offset", DataTypes.LongType).add("value", DataTypes.StringType);
  private static final StructType USERS =
      new StructType()
          .add("user", DataTypes.StringType)
          .add("candidates", DataTypes.createArrayType(DataTypes.StringType));

  @TempDir private static Path folder;
  private static SparkSession spark;

  @BeforeAll
  static void makeInput() throws Exception {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "3")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .getOrCreate();
    List<Row> rows = new ArrayList<>();
    try (EventLogWriter log = EventLogWriter.open(folder.resolve("log.jsonl"))) {
      for (byte[] line : lines()) {
        log.write(line);
        rows.add(RowFactory.create(rows.size() + 1L, new String(line, StandardCharsets.UTF_8)));
      }
      log.commit();
    }
    spark.createDataFrame(rows, LOG).repartition(4).write().parquet(path("log.parquet"));
    nextclick(
        "models",
        "new",
        path("models"),
        "--name",
        "tiny",
        "--model-version",
        "v1",
        "--item-count",
        "300",
        "--dim",
        "8",
        "--layers",
        "1",
        "--heads",
        "1",
        "--scoring",
        "dot",
        "--max-history",
        "20");
  }

  @AfterAll
  static void stop() throws IOException {
    spark.close();
  }

  /** A shop's log, with lines doubled, damaged, and of users who are erased. */
  private static List<byte[]> lines() {
    List<byte[]> lines = new ArrayList<>();
    Iterator<Event> events =
        new SyntheticShop(ShopSettings.DEFAULT.withUsers(60)).events().iterator();
    while (events.hasNext()) {
      lines.add(EventJson.encode(events.next()));
    }
    int half = lines.size() / 2;
    lines.addAll(half, lines.subList(half - 100, half));
    String erase = "{\"id\":\"x%s\",\"action\":\"erase\",\"user\":\"%s\",\"time\":1799999999000}";
    lines.add(half, "no event".getBytes(StandardCharsets.UTF_8));
    for (String user : List.of("u3", "u4")) {
      lines.add(erase.formatted(user, user).getBytes(StandardCharsets.UTF_8));
    }
    lines.add(
        "{\"id\":\"gone\",\"action\":\"item\",\"item\":\"i5\",\"time\":1799999999000,\"available\":false}"
            .getBytes(StandardCharsets.UTF_8));
    return lines;
  }

  @Test
  void score_allUsersOfTheLog_equalsNextclickScore() throws Exception {
    SparkScore.score(
            spark.read().parquet(path("log.parquet")), null, path("models/tiny/v1"), HISTORY, 12)
        .write()
        .parquet(path("spark"));
    List<String> expected =
        nextclickScore("expected", "--history", Integer.toString(HISTORY), "--limit", "12");
    assertThat(expected).hasSize(12 * 58);
    assertThat(rows("spark")).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void score_usersWithCandidates_equalsNextclickScore() throws Exception {
    List<Row> users = new ArrayList<>();
    for (int i = 1; i <= 30; i++) {
      Object candidates = i % 3 == 0 ? null : new String[] {"i" + i, "i5", "new-" + i, "i" + i};
      users.add(RowFactory.create(i == 7 ? "nobody" : "u" + i, candidates));
    }
    spark.createDataFrame(users, USERS).coalesce(1).write().parquet(path("users.parquet"));
    Path file;
    try (Stream<Path> files = Files.list(folder.resolve("users.parquet"))) {
      file = files.filter(name -> name.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    SparkScore.score(
            spark.read().parquet(path("log.parquet")),
            spark.read().parquet(path("users.parquet")),
            path("models/tiny/v1"),
            HISTORY,
            5)
        .write()
        .parquet(path("spark-users"));
    List<String> expected =
        nextclickScore(
            "expected-users", "--history", "20", "--limit", "5", "--users", file.toString());
    assertThat(expected).hasSizeGreaterThan(80);
    assertThat(rows("spark-users")).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static List<String> rows(String output) {
    return spark.read().parquet(path(output)).collectAsList().stream()
        .map(row ->
            "%s %s %s %s %s %s %s"
                .formatted(
                    row.getAs("user"),
                    row.getAs("item"),
                    row.getAs("rank"),
                    row.getAs("score"),
                    row.getAs("probability"),
                    row.getAs("modelVersion"),
                    row.getAs("historyOffset")))
        .toList();
  }

  /** The rows that {@code nextclick score} writes, as JSON and as Parquet. */
  private static List<String> nextclickScore(String output, String... options) throws Exception {
    List<String> rows = new ArrayList<>();
    for (String format : List.of("jsonl", "parquet")) {
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "score",
                  "--model",
                  path("models/tiny"),
                  "--events",
                  path("log.jsonl"),
                  "--format",
                  format,
                  "--out",
                  path(output + "." + format)));
      arguments.addAll(Arrays.asList(options));
      nextclick(arguments.toArray(String[]::new));
    }
    ObjectMapper json = new ObjectMapper();
    for (String line : Files.readAllLines(folder.resolve(output + ".jsonl/part-00000.jsonl"))) {
      JsonNode row = json.readTree(line);
      rows.add(
          "%s %s %d %s %s %s %s"
              .formatted(
                  row.get("user").asText(),
                  row.get("item").asText(),
                  row.get("rank").asInt(),
                  row.get("score").floatValue(),
                  row.get("probability").isNull() ? null : row.get("probability").floatValue(),
                  row.get("modelVersion").asText(),
                  row.get("historyOffset").asText()));
    }
    // Spark's own reader reads what nextclick writes.
    assertThat(rows(output + ".parquet/part-00000.parquet")).isEqualTo(rows);
    return rows;
  }

  private static String path(String name) {
    return folder.resolve(name).toString();
  }

  /** Runs the command line in a process of its own. */
  private static void nextclick(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.nextclick.serving.cli.Nextclick"));
    command.addAll(Arrays.asList(arguments));
    Path log = folder.resolve("nextclick.log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor()).as(Files.readString(log)).isZero();
  }
}
