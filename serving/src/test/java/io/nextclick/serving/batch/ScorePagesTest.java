// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.ingest.replay.StoreReplay;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.serving.RandomModel;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList.RankedItem;
import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.rank.Deadline;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.rank.RankingService;
import io.nextclick.serving.state.Freshness;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages that {@code score} writes, of a model with a decoder. */
class ScorePagesTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long NOW = 1_795_341_600_000L;
  private static final int ITEMS = 40;
  private static final List<String> USERS = List.of("ann", "bob");

  @TempDir private static Path folder;
  @TempDir private Path work;

  @BeforeAll
  static void make() throws IOException {
    RandomModel.publishPlacing(folder.resolve("models"), "v1", ITEMS, 5);
    List<String> rows = new ArrayList<>();
    try (EventLogWriter log = EventLogWriter.open(folder.resolve("log.jsonl.zst"))) {
      for (int i = 1; i <= ITEMS; i++) {
        Map<String, List<String>> has =
            Map.of("category", List.of("c" + i % 5), "brand", List.of("b" + i % 3));
        log.write(
            new Event("i" + i, Event.ITEM, null, List.of("i" + i), NOW, null, Map.of(), has, true));
      }
      for (String user : USERS) {
        for (int e = 1; e <= 5; e++) {
          String item = "i" + (user.length() + user.charAt(0) + 3 * e) % ITEMS;
          log.write(Event.behaviour(user + e, "click", user, item, NOW - 10_000 * (5 - e)));
        }
        rows.add("{\"user\":\"" + user + "\",\"candidates\":" + candidates() + "}\n");
      }
      log.commit();
    }
    Files.writeString(folder.resolve("users.jsonl"), String.join("", rows));
  }

  private static String candidates() throws IOException {
    List<String> ids = new ArrayList<>(List.of("never-seen"));
    for (int i = ITEMS; i > 0; i--) {
      ids.add("i" + i);
    }
    return JSON.writeValueAsString(ids);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--slate=top --max-per-value=category=2,brand=4;"
            + "{'method':'top','maxPerValue':{'category':2,'brand':4}}",
        "--slate=mmr --slate-size=7 --lambda=0.4 --shortlist=30;"
            + "{'method':'mmr','size':7,'lambda':0.4,'shortlist':30}",
        "--slate=mmr --similar-by=category,brand --min-distance=brand=2;"
            + "{'method':'mmr','similarBy':['category','brand'],'minDistance':{'brand':2}}",
        "--slate=decoder --slate-size=6;{'method':'decoder','size':6}",
        "--slate=decoder --beam=3 --max-per-value=category=3;"
            + "{'method':'decoder','beam':3,'maxPerValue':{'category':3}}"
      })
  void score_slate_givesThePagesOfTheService(String options, String slate) throws IOException {
    List<JsonNode> rows = score(work.resolve("out"), options);
    int at = 0;
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(work.resolve("state"), FoldSettings.DEFAULT)) {
      new StoreReplay(store, done -> {}).run(folder.resolve("log.jsonl.zst"), "log");
      RankingService service = service(store);
      for (String user : USERS) {
        String body =
            "{'user':'%s','candidates':%s,'slate':%s}".formatted(user, candidates(), slate);
        byte[] json = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        var page =
            service.rank(
                RankRequest.read(json, 100, 100), Deadline.after(System.nanoTime(), 60_000));
        assertThat(page.slate().fallback()).isNull();
        for (RankedItem item : page.items()) {
          JsonNode row = rows.get(at++);
          assertThat(row.get("user").asText()).isEqualTo(user);
          assertThat(row.get("item").asText()).isEqualTo(item.item());
          assertThat(row.get("rank").asInt()).isEqualTo(item.rank());
          assertThat(row.get("score").floatValue()).isEqualTo(item.score());
          assertThat(row.get("probability").floatValue())
              .isEqualTo(item.probability().floatValue());
          assertThat(row.has("placeProbability")).isEqualTo(slate.contains("decoder"));
          if (item.placeProbability() != null) {
            assertThat(row.get("placeProbability").floatValue())
                .isEqualTo(item.placeProbability().floatValue());
          }
        }
      }
    }
    assertThat(rows).hasSize(at);
  }

  @Test
  void score_decoderParquet_hasTheRowsOfJson() throws IOException {
    List<JsonNode> expected = score(work.resolve("json"), "--slate=decoder");
    CommandRun run = run(work.resolve("parquet"), "--slate=decoder --format=parquet --threads=3");
    assertThat(run.status()).as(run.output()).isZero();
    int at = 0;
    try (ParquetFileReader file =
            ParquetFileReader.open(InputFile.of(work.resolve("parquet/part-00000.parquet")));
        RowReader rows = file.rowReader()) {
      while (rows.hasNext()) {
        rows.next();
        JsonNode row = expected.get(at++);
        assertThat(rows.getString("item")).isEqualTo(row.get("item").asText());
        assertThat(rows.getFloat("probability")).isEqualTo(row.get("probability").floatValue());
        assertThat(rows.getFloat("placeProbability"))
            .isEqualTo(row.get("placeProbability").floatValue());
      }
    }
    assertThat(at).isEqualTo(expected.size()).isEqualTo(20);
  }

  @Test
  void score_slate_wrongOrMisspelt_isToldAbout() throws IOException {
    Path out = work.resolve("out");
    CommandRun misspelt = run(out, "--slate=top --max-per-value=colur=1,brand=4");
    assertThat(misspelt.status()).as(misspelt.output()).isZero();
    assertThat(misspelt.output())
        .contains("Attributes of which no item on a shortlist has a value: maxPerValue.colur");
    assertThat(run(out, "").output()).contains("limit was none, and is now 100; take another");
    assertThat(run(out, "--slate=top --beam=2").output())
        .contains("slate.beam goes with the method decoder, not with top");
    assertThat(run(out, "--slate=top --limit=5").output()).contains("--limit does not go with");
    assertThat(run(out, "--beam=2").output()).contains("--beam goes with --slate");
    RandomModel.publish(folder.resolve("models"), "v0", ITEMS, 5);
    CommandRun plain = run(out, "--slate=decoder --model=" + folder.resolve("models/shop/v0"));
    assertThat(plain.output()).contains("has no decoder");
    assertThat(plain.status()).isEqualTo(1);
  }

  private static List<JsonNode> score(Path out, String options) throws IOException {
    CommandRun run = run(out, options);
    assertThat(run.status()).as(run.output()).isZero();
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("part-00000.jsonl"))) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private static CommandRun run(Path out, String options) {
    Stream<String> fixed =
        Stream.of(
            "score",
            options.contains("--model") ? "" : "--model=" + folder.resolve("models/shop/v1"),
            "--events=" + folder.resolve("log.jsonl.zst"),
            "--users=" + folder.resolve("users.jsonl"),
            "--out=" + out);
    return CommandRun.of(
        Stream.concat(fixed, Arrays.stream(options.split(" ")))
            .filter(option -> !option.isEmpty())
            .toArray(String[]::new));
  }

  private static RankingService service(RocksDbSequenceStore store) throws IOException {
    var models = new ModelRegistry();
    ModelBundle bundle = ModelBundle.open(folder.resolve("models/shop/v1"));
    models.activate(new LoadedModel(bundle.scorer(Backend.VECTOR, null), "v1"));
    return new RankingService(
        store,
        models,
        new RankingLimits(100, 100, 20, 60_000, Set.of()),
        new Freshness(() -> Ownership.OF_NO_LOG, InstantSource.system()),
        InstantSource.fixed(Instant.ofEpochMilli(NOW)), // of each user's newest event
        Parallelism.NONE,
        List.of());
  }
}
