// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.Fixtures;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.UnknownItems;
import io.nextclick.model.Scorer;
import io.nextclick.model.sign.TrustedKeys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bundles that earlier versions of this program wrote: they open and score what they scored then.
 * The README beside the files says which commit wrote which, and how.
 */
class OldBundlesTest {

  /** The oldest that opens, then each that wrote another {@code model.json}. */
  private static final List<String> COMMITS =
      List.of(
          "3a9a470", "82d60f4", "0d6f560", "cd50f02", "b16e15f", "982c725", "9a627df", "a1d981b");

  /** Those whose bytes are written still. */
  private static final List<String> NEWEST = List.of("982c725", "9a627df", "a1d981b");

  private static final List<String> IDS = List.of("apple", "Birne 2", "čaj", "42", "item/5");

  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private static Path models;

  @BeforeAll
  static void unpack() throws IOException {
    for (String commit : COMMITS) {
      Fixtures.unpack("bundles/" + commit + ".zip.gz", models);
    }
  }

  /** The bundles, as NAME/COMMIT. */
  static Stream<String> bundles() throws IOException {
    return scores().propertyStream().map(Map.Entry::getKey);
  }

  /** Those whose weights are theirs, not a graph's. */
  static Stream<String> encoders() throws IOException {
    return bundles().filter(bundle -> !bundle.startsWith("graph/"));
  }

  static Stream<String> newest() throws IOException {
    return encoders().filter(bundle -> NEWEST.contains(bundle.replaceAll(".*/", "")));
  }

  @Test
  void fixtures_all_haveScores() throws Exception {
    try (Stream<Path> manifests =
        Files.find(models, 3, (path, is) -> path.endsWith("model.json"))) {
      assertThat(manifests.map(path -> models.relativize(path.getParent()).toString()))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(bundles(), Stream.of("plain-dot/3a9a470")).toList());
    }
  }

  @ParameterizedTest
  @MethodSource("bundles")
  void scorer_ofAnOldBundle_givesTheScoresOfThen(String name) throws Exception {
    ModelBundle bundle = ModelBundle.open(models.resolve(name));
    assertThat(bundle.vocabulary().ids()).isEqualTo(IDS);
    List<String> actions = List.of("impression", "click", "like", "buy");
    assertThat(bundle.manifest().actions()).isIn(List.of(), actions);
    bundle.requireActions(actions);
    assertThat(bundle.manifest().metrics()).containsEntry("NDCG@10", 0.25);
    JsonNode scores = scores().get(name);
    boolean graph = name.startsWith("graph/");
    List<Backend> backends =
        graph ? List.of(Backend.ONNX) : List.of(Backend.SCALAR, Backend.VECTOR, Backend.ONNX);
    for (Backend backend : backends) {
      // The scalar kernel sums in doubles; the others differ from it in the last bits of a float.
      double tolerance = backend == Backend.SCALAR ? 1e-6 : 1e-5;
      try (Scorer scorer = bundle.scorer(backend, null)) {
        List<JsonNode> requests = golden(name);
        assertThat(requests).hasSize(5);
        for (int r = 0; r < requests.size(); r++) {
          EncodedRequest request = request(requests.get(r));
          float[] found = scorer.score(request);
          assertThat(found).hasSize(scores.get(r).size());
          for (int c = 0; c < found.length; c++) {
            assertThat((double) found[c])
                .as("%s, request %d, candidate %d", backend, r, c)
                .isCloseTo(scores.get(r).get(c).asDouble(), Offset.offset(tolerance));
            assertThat(scorer.probability(found[c], request))
                .as("%s, request %d, probability of %d", backend, r, c)
                .isCloseTo(
                    requests.get(r).get("probabilities").get(c).asDouble(),
                    Offset.offset(tolerance));
          }
        }
      }
    }
  }

  /** OpenSSL made key and signature, as docs/data-formats.md says: nobody needs this program to. */
  @Test
  void signature_ofFormat1_isTrusted() throws Exception {
    Path signed = models.resolve("plain-dot/982c725");
    Path key = models.resolve("openssl.pub");
    try (InputStream pem = Fixtures.open("bundles/signature/openssl.pub");
        InputStream signature = Fixtures.open("bundles/signature/signature.json")) {
      Files.copy(pem, key);
      Files.copy(signature, signed.resolve("signature.json"));
    }
    TrustedKeys trusted = TrustedKeys.read(List.of(key));
    assertThat(BundleSignature.require(signed, trusted)).startsWith("92e5a56b10d401f4");
    ModelBundle.open(signed, trusted, passed -> {});
  }

  /** The graph that lies in an old bundle: what another runtime would be given. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "inputs-attend/82d60f4",
        "shift-dot/b16e15f",
        "all-attend/982c725",
        "mixed-attend/9a627df",
        "blocks-attend/a1d981b"
      })
  void verifyGraph_ofAnOldBundle_computesItsGoldenProbabilities(String name) throws Exception {
    ModelBundle.open(models.resolve(name)).verifyGraph();
  }

  /** What is written today is, byte for byte, what the newest commits wrote. */
  @ParameterizedTest
  @MethodSource("newest")
  void publish_theSameWeights_writesTheSameBytes(String name, @TempDir Path elsewhere)
      throws Exception {
    ModelBundle bundle = ModelBundle.open(models.resolve(name));
    Manifest manifest = bundle.manifest();
    var label =
        new BundleWriter.Label(
            manifest.name(),
            manifest.version(),
            manifest.actions(),
            manifest.calibration(),
            manifest.provenance(),
            manifest.metrics());
    Path written =
        new BundleWriter(elsewhere)
            .publish(label, bundle.vocabulary(), Objects.requireNonNull(bundle.weights()));
    for (String file : List.of("weights.safetensors", "items.txt", "model.onnx")) {
      assertThat(written.resolve(file)).hasSameBinaryContentAs(bundle.directory().resolve(file));
    }
  }

  /** Before anything was trained: untrained weights only, and no word on what a history has. */
  @Test
  void open_beforeImpressionsWereNamed_isRefused() {
    assertThatThrownBy(() -> ModelBundle.open(models.resolve("plain-dot/3a9a470")))
        .isInstanceOf(MalformedBundleException.class)
        .hasMessageContaining("impressions");
  }

  private static JsonNode scores() throws IOException {
    try (InputStream in = Fixtures.open("bundles/scores.json")) {
      return JSON.readTree(in);
    }
  }

  private static List<JsonNode> golden(String name) throws IOException {
    List<JsonNode> requests = new ArrayList<>();
    JSON.readTree(Files.readAllBytes(models.resolve(name).resolve("golden.json")))
        .get("requests")
        .forEach(requests::add);
    return requests;
  }

  /** A golden request; before requests had a time, they came at that of their newest entry. */
  private static EncodedRequest request(JsonNode golden) throws IOException {
    long[] times = JSON.treeToValue(golden.get("historyTimes"), long[].class);
    JsonNode time = golden.path("timeMillis");
    int[] candidates = JSON.treeToValue(golden.get("candidates"), int[].class);
    List<String> ids = new ArrayList<>();
    for (int row : candidates) {
      ids.add("row " + row);
    }
    return new EncodedRequest(
        JSON.treeToValue(golden.get("historyItems"), int[].class),
        golden.get("historyActions").binaryValue(),
        times,
        candidates,
        ids,
        JSON.readerFor(new TypeReference<Map<String, List<String>>>() {})
            .readValue(golden.get("userAttributes")),
        JSON.readerForMapOf(String.class).readValue(golden.get("context")),
        time.isMissingNode() ? (times.length == 0 ? 0 : times[times.length - 1]) : time.asLong(),
        new UnknownItems(
            JSON.treeToValue(golden.get("historyAttributes"), int[][].class),
            JSON.treeToValue(golden.get("candidateAttributes"), int[][].class)),
        numbers(golden.path("candidateFields"), candidates.length),
        null);
  }

  /** (candidates, names) of a row after the other; null is none. */
  private static float[][] numbers(JsonNode flat, int candidates) {
    if (flat.isMissingNode()) {
      return EncodedRequest.NO_FIELDS;
    }
    int names = flat.size() / candidates;
    float[][] numbers = new float[candidates][names];
    for (int i = 0; i < flat.size(); i++) {
      numbers[i / names][i % names] =
          flat.get(i).isNull() ? Float.NaN : (float) flat.get(i).asDouble();
    }
    return numbers;
  }
}
