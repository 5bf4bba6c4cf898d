// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.Scorer;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.decoder.DecoderWeights;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.encoder.EncoderCases;
import io.nextclick.model.onnx.OnnxGraphs;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.sign.TrustedKeys;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelBundleTest {

  @TempDir private Path models;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void scorer_everyBackend_givesTheSameProbabilities(int seed) throws Exception {
    EncoderCases cases = new EncoderCases(seed);
    EncoderWeights weights = EncoderWeights.random(cases.config(), seed);
    Calibration calibration = new Calibration.Platt(0.7, -1.5);
    Path written =
        new BundleWriter(models)
            .publish(label("v1", calibration), EncoderCases.vocabulary(), weights);

    ModelBundle bundle = ModelBundle.open(written);
    EncodedRequest request = cases.request(17, 9);
    try (Scorer scalar = bundle.scorer(Backend.SCALAR, null);
        Scorer vector = bundle.scorer(Backend.VECTOR, null);
        Scorer onnx = bundle.scorer(Backend.ONNX, null)) {
      assertThat(scalar.calibrated()).isTrue();
      float[] expected = scalar.score(request);
      for (Scorer scorer : List.of(vector, onnx)) {
        float[] actual = scorer.score(request);
        for (int c = 0; c < expected.length; c++) {
          assertThat(scorer.probability(actual[c], request))
              .as("seed=%d, candidate=%d", seed, c)
              .isCloseTo(calibration.probability(expected[c]), Offset.offset(1e-5));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4})
  void page_ofABundleWithADecoder_isTheSameOnEveryBackend(int seed) throws Exception {
    EncoderCases cases = new EncoderCases(seed);
    EncoderConfig config = cases.config();
    DecoderWeights decoder =
        DecoderWeights.random(
            new DecoderConfig(config.items(), config.dim(), 2, config.heads(), 8, 5), seed);
    Calibration calibration = new Calibration.Platt(0.7, -1.5);
    EncoderWeights weights = EncoderWeights.random(config, seed);
    Path written =
        new BundleWriter(models)
            .publish(
                label("v1", calibration),
                EncoderCases.vocabulary(),
                weights,
                new BundleWriter.Decoder(
                    new PageWeights(
                        decoder, EncoderWeights.random(PageWeights.encoder(config), seed + 1)),
                    new Calibration.Platt(0.5, 0.25)),
                Map.of());
    ModelBundle bundle = ModelBundle.open(written);
    EncodedRequest request = cases.request(17, 9);
    double[] expected = new double[9];
    try (Scorer scalar = bundle.scorer(Backend.SCALAR, null)) {
      requireNonNull(scalar.page(request)).then(4).then(2).probabilities(expected);
    }
    for (Backend backend : List.of(Backend.VECTOR, Backend.ONNX)) {
      try (Scorer scorer = bundle.scorer(backend, null)) {
        double[] actual = new double[9];
        requireNonNull(scorer.page(request)).then(4).then(2).probabilities(actual);
        assertThat(actual).as("%s", backend).containsExactly(expected, Offset.offset(1e-5));
        assertThat(scorer.score(request)).hasSize(9);
      }
    }
    Path file = written.resolve(ModelBundle.DECODER);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    assertThatThrownBy(() -> ModelBundle.open(written))
        .isInstanceOf(MalformedBundleException.class)
        .hasMessageContaining(ModelBundle.DECODER);
  }

  /** An older trainer called a model calibrated whose validation had no clicks. */
  @Test
  void open_fitToOneOutcome_isNotCalibrated() throws Exception {
    EncoderWeights weights = EncoderWeights.random(new EncoderCases(3).config(), 3);
    Path written =
        new BundleWriter(models)
            .publish(
                label("v1", new Calibration.Platt(0.7, -1.5)), EncoderCases.vocabulary(), weights);
    try (Scorer scorer = ModelBundle.open(written).scorer(Backend.SCALAR, null)) {
      assertThat(scorer.calibrated()).isTrue();
    }
    new Forgery(written)
        .manifest(tree -> ((ObjectNode) tree.get("metrics")).put("validation.auc", "NaN"));

    try (Scorer scorer = ModelBundle.open(written).scorer(Backend.SCALAR, null)) {
      assertThat(scorer.calibrated()).isFalse();
    }
  }

  @Test
  void label_metricThatIsNotFinite_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new BundleWriter.Label(
                "m",
                "v1",
                List.of(),
                new Calibration.Identity(),
                Map.of(),
                Map.of("validation.auc", Double.NaN)))
        .withMessage("metric validation.auc is NaN");
  }

  @Test
  void open_whatWasPublished_isTheSameModel() throws Exception {
    EncoderConfig config = new EncoderCases(3).config();
    EncoderWeights weights = EncoderWeights.random(config, 3);
    Path written =
        new BundleWriter(models)
            .publish(label("v1", new Calibration.Identity()), EncoderCases.vocabulary(), weights);

    ModelBundle bundle = ModelBundle.open(written);

    assertThat(written).isEqualTo(models.resolve("shop").resolve("v1"));
    assertThat(bundle.manifest().encoder()).isEqualTo(config);
    assertThat(bundle.manifest().provenance()).containsEntry("source", "test");
    assertThat(bundle.manifest().metrics()).containsEntry("NDCG@10", 0.25);
    assertThat(bundle.vocabulary().ids()).isEqualTo(EncoderCases.vocabulary().ids());
    assertThat(bundle.weights().tensors().keySet())
        .containsExactlyElementsOf(weights.tensors().keySet());
    weights
        .tensors()
        .forEach((name, values) -> assertThat(bundle.weights().get(name)).isEqualTo(values));
  }

  @Test
  void open_writtenBeforeSomeParts_hasNoneOfThem() throws Exception {
    EncoderConfig config =
        EncoderConfig.builder(EncoderCases.ITEMS, EncoderConfig.Scoring.DOT)
            .width(8, 16)
            .layers(1, 2)
            .history(EncoderCases.MAX_HISTORY)
            .build();
    Path written =
        new BundleWriter(models)
            .publish(
                label("v1", new Calibration.Identity()),
                EncoderCases.vocabulary(),
                EncoderWeights.random(config, 3));
    Path goldens = written.resolve("golden.json");
    JsonNode golden = BundleJson.MAPPER.readTree(Files.readAllBytes(goldens));
    golden.get("requests").forEach(request -> ((ObjectNode) request).remove("timeMillis"));
    var forgery = new Forgery(written);
    forgery.replace("golden.json", BundleJson.MAPPER.writeValueAsBytes(golden));
    ModelBundle bundle = ModelBundle.open(written);
    assertThat(bundle.manifest().encoder()).isEqualTo(config);
    bundle.scorer(Backend.VECTOR, null).close();
  }

  @Test
  void open_graph_scoresLikeTheWeightsItWasMadeOf() throws Exception {
    EncoderCases cases = new EncoderCases(11);
    EncoderWeights weights = EncoderWeights.random(cases.config(), 11);
    BundleWriter writer = new BundleWriter(models);
    Calibration identity = new Calibration.Identity();
    ModelBundle encoder =
        ModelBundle.open(writer.publish(label("v1", identity), EncoderCases.vocabulary(), weights));
    ModelBundle graph =
        ModelBundle.open(
            writer.publish(
                label("v2", identity),
                EncoderCases.vocabulary(),
                weights.config().reads(),
                OnnxGraphs.joint(weights)));

    EncodedRequest request = cases.request(5, 6);
    try (Scorer scalar = encoder.scorer(Backend.SCALAR, null);
        Scorer onnx = graph.scorer(Backend.AUTO, null)) {
      float[] expected = scalar.score(request);
      float[] actual = onnx.score(request);
      for (int c = 0; c < expected.length; c++) {
        assertThat(onnx.probability(actual[c], request))
            .isCloseTo(scalar.probability(expected[c], request), Offset.offset(1e-5));
      }
    }
    assertThatThrownBy(() -> graph.scorer(Backend.VECTOR, null))
        .hasMessage(
            "model shop v2 is an ONNX graph: it runs on backend onnx or auto, not on VECTOR");
  }

  @Test
  void open_heard_namesEveryCheck() throws Exception {
    EncoderWeights weights = EncoderWeights.random(new EncoderCases(3).config(), 3);
    Path written =
        new BundleWriter(models)
            .publish(label("v1", new Calibration.Identity()), EncoderCases.vocabulary(), weights);
    List<String> passed = new ArrayList<>();
    ModelBundle.open(written, TrustedKeys.ANYBODY, passed::add);
    assertThat(passed)
        .containsExactly(
            "plain directory",
            "model.json: format 2, checksum, shop v1",
            "no file missing, none too many",
            "items.txt: size, SHA-256, 60 items",
            "weights.safetensors: size, SHA-256, header, shapes, finite values",
            "model.onnx: size, SHA-256",
            "golden.json: size, SHA-256, 5 requests");
  }

  @Test
  void publish_versionThatIsThere_isRefusedAndKept() throws Exception {
    EncoderWeights weights = EncoderWeights.random(new EncoderCases(3).config(), 3);
    BundleWriter writer = new BundleWriter(models);
    Path written =
        writer.publish(label("v1", new Calibration.Identity()), EncoderCases.vocabulary(), weights);
    assertThatThrownBy(() ->
            writer.publish(
                label("v1", new Calibration.Identity()), EncoderCases.vocabulary(), weights))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(ModelBundle.open(written).manifest().version()).isEqualTo("v1");
  }

  static BundleWriter.Label label(String version, Calibration calibration) {
    return new BundleWriter.Label(
        "shop",
        version,
        List.of("impression", "click"),
        calibration,
        Map.of("source", "test"),
        Map.of("NDCG@10", 0.25));
  }
}
