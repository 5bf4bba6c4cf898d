// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.replay.StoreReplay;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.part.Actions;
import io.nextclick.model.part.Attributes;
import io.nextclick.model.part.Context;
import io.nextclick.model.part.Crosses;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Activation;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.Interest;
import io.nextclick.model.part.ItemGraph;
import io.nextclick.model.part.Repeats;
import io.nextclick.model.part.RequestBlock;
import io.nextclick.model.part.TimeGaps;
import io.nextclick.model.part.TokenShift;
import io.nextclick.model.part.Transitions;
import io.nextclick.serving.config.InvalidConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A Transformer answers over HTTP, and its list is the same on every backend. */
class BackendsTest {

  private static final int ITEMS = 200;
  private static final String REQUEST =
      """
      {"user":"u1","limit":50,"context":{"surface":"home"},"candidates":[%s]}\
      """
          .formatted(
              IntStream.rangeClosed(1, ITEMS)
                  .mapToObj(i -> "\"i" + i + "\"")
                  .collect(Collectors.joining(",")));
  private static final String WITH_UNKNOWN =
      """
      {"user":"u1","candidates":["i3","new-1","i5","new-2","i8"]}\
      """;

  @TempDir private Path directory;

  @BeforeEach
  void fold() throws Exception {
    SplittableRandom random = new SplittableRandom(7);
    List<String> events = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      events.add(
          """
          {"id":"e%d","action":"%s","user":"u1","item":"i%d","time":%d}\
          """
              .formatted(
                  i,
                  random.nextBoolean() ? "click" : "cart",
                  1 + random.nextInt(ITEMS),
                  1_767_225_600_000L + i * 60_000L));
    }
    for (String item : new String[] {"new-1", "new-2"}) {
      events.add(
          """
          {"id":"%s","action":"item","item":"%s","time":1767225600000,"attributes":{"category":["%s"]}}\
          """
              .formatted(item, item, item + "-kind"));
    }
    Path log = directory.resolve("events.jsonl");
    Files.write(log, events);
    Path path = directory.resolve("store");
    try (RocksDbSequenceStore store = RocksDbSequenceStore.open(path, FoldSettings.DEFAULT)) {
      new StoreReplay(store, progress -> {}).run(log, "test");
    }
  }

  @ParameterizedTest
  @EnumSource(Scoring.class)
  void rank_everyBackend_givesTheSameList(Scoring scoring) throws Exception {
    publish(scoring, FoldSettings.DEFAULT.actions());
    assertSameLists(REQUEST, 50);
    assertSameLists(WITH_UNKNOWN, 5);
  }

  private void assertSameLists(String body, int length) throws Exception {
    JsonNode expected = rank("scalar", body);
    assertThat(expected.at("/model/name").asText()).isEqualTo("shop");
    assertThat(expected.at("/model/version").asText()).isEqualTo("v1");
    assertThat(expected.at("/model/calibrated").asBoolean()).isTrue();
    assertThat(expected.get("fallback").isNull()).isTrue();
    assertThat(items(expected)).doesNotHaveDuplicates().hasSize(length);
    for (String backend : new String[] {"vector", "onnx", "auto"}) {
      JsonNode actual = rank(backend, body);
      assertThat(items(actual)).as(backend).isEqualTo(items(expected));
      for (int rank = 0; rank < expected.get("items").size(); rank++) {
        assertThat(probability(actual, rank))
            .as("%s, rank %d", backend, rank)
            .isCloseTo(probability(expected, rank), Offset.offset(1e-5));
        assertThat(score(actual, rank))
            .as("%s, rank %d", backend, rank)
            .isCloseTo(score(expected, rank), Offset.offset(1e-5));
      }
    }
  }

  @Test
  void start_modelOfOtherActions_isRefusedWithBothLists() throws Exception {
    publish(Scoring.DOT, List.of("click", "impression"));
    assertThatThrownBy(() -> rank("scalar", REQUEST))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("trained on actions [click, impression], but the store has");
  }

  @Test
  void start_modelThatWasChanged_isRefusedWithTheFile() throws Exception {
    Path bundle = publish(Scoring.DOT, List.of());
    Path items = bundle.resolve("items.txt");
    Files.writeString(items, Files.readString(items).replaceFirst("i7\n", "x7\n"));
    assertThatThrownBy(() -> rank("scalar", REQUEST))
        .isInstanceOf(MalformedBundleException.class)
        .hasMessageContaining("items.txt: was changed");
  }

  private Path publish(Scoring scoring, List<String> actions) throws Exception {
    EncoderConfig config =
        EncoderConfig.builder(ITEMS, scoring)
            .width(32, 64)
            .layers(2, 2)
            .history(50)
            .activation(Activation.GELU)
            .parts(
                new Actions(10),
                new Attributes(32),
                new TimeGaps(16),
                new Context(64),
                new Repeats(3),
                new TokenShift(2),
                scoring == Scoring.DOT ? new RequestBlock(64) : null,
                new Interest(),
                new Transitions(8, 0),
                new Crosses(
                    List.of("tag", "kind"), 8, 20, 0, List.of(2, 1), List.of("t0", "t1", "k"), 2),
                new ItemGraph(4))
            .build();
    Vocabulary vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "i" + i).toList());
    BundleWriter.Label label =
        new BundleWriter.Label(
            "shop", "v1", actions, new Calibration.Platt(0.8, -1), Map.of(), Map.of());
    return new BundleWriter(directory.resolve("models"))
        .publish(label, vocabulary, RandomModel.filled(EncoderWeights.random(config, 5), 5));
  }

  private JsonNode rank(String backend, String body) throws Exception {
    String yaml =
        """
        kafka: none
        model: {directory: "%s", active: shop/v1, backend: %s}\
        """
            .formatted(directory.resolve("models"), backend);
    try (RunningService service = RunningService.start(directory, yaml)) {
      var response = service.post("/v1/rank", body);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      return RunningService.json(response);
    }
  }

  private static List<String> items(JsonNode answer) {
    List<String> items = new ArrayList<>();
    answer.get("items").forEach(item -> items.add(item.get("item").asText()));
    return items;
  }

  private static double score(JsonNode answer, int rank) {
    return answer.get("items").get(rank).get("score").asDouble();
  }

  private static double probability(JsonNode answer, int rank) {
    return answer.get("items").get(rank).get("probability").asDouble();
  }
}
