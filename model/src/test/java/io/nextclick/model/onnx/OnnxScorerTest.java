// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.RequestShape;
import io.nextclick.model.Scorer;
import io.nextclick.model.encoder.EncoderCases;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime agrees with the scalar kernel, on every graph and for every configuration. */
class OnnxScorerTest {

  private static final int[] LENGTHS = {0, 1, 2, 13, EncoderCases.MAX_HISTORY};

  static IntStream seeds() {
    return IntStream.range(1, 41);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void score_everyGraph_equalsTheScalarKernel(int seed) {
    EncoderCases cases = new EncoderCases(seed);
    EncoderConfig config = cases.config();
    EncoderWeights weights = EncoderWeights.random(config, seed);
    RequestShape shape = config.reads();
    var items = EncoderCases.vocabulary();
    try (Scorer scalar = new EncoderScorer("scalar", items, weights, Kernels.scalar(), null);
        Scorer reuse = OnnxScorer.ofWeights("reuse", items, weights, 1);
        Scorer joint = OnnxScorer.ofModel("joint", items, shape, OnnxGraphs.joint(weights), 1);
        Scorer full =
            OnnxScorer.ofModel("full", items, shape, OnnxGraphs.fullSequence(weights), 1)) {
      assertThat(reuse.itemEmbeddings()).isNotNull().isEqualTo(scalar.itemEmbeddings());
      for (int length : LENGTHS) {
        EncodedRequest request = cases.request(length, 7);
        float[] expected = scalar.score(request);
        Map.of("reuse", reuse, "joint", joint, "full", full)
            .forEach((graph, scorer) -> {
              float[] actual = scorer.score(request);
              for (int c = 0; c < expected.length; c++) {
                assertThat(scorer.probability(actual[c], request))
                    .as("%s, seed=%d, length=%d, candidate=%d, %s", graph, seed, length, c, config)
                    .isCloseTo(scalar.probability(expected[c], request), Offset.offset(1e-5));
              }
            });
      }
    }
  }

  @Test
  void score_historyBeyondTheMaximum_isRefusedWithBothNumbers() {
    EncoderCases cases = new EncoderCases(1);
    EncoderWeights weights = EncoderWeights.random(cases.config(), 1);
    try (Scorer scorer = OnnxScorer.ofWeights("x", EncoderCases.vocabulary(), weights, 1)) {
      assertThatThrownBy(() -> scorer.score(cases.request(EncoderCases.MAX_HISTORY + 1, 1)))
          .hasMessage("history=41, at most 40");
    }
  }

  /** It writes this file, and sends data to its maker, unless it is told not to. */
  @Test
  void environment_loaded_keepsItsTelemetryOff() {
    assertThat(OnnxNative.version()).startsWith("1.");
    assertThat(Path.of("/tmp", "mat-debug-" + ProcessHandle.current().pid() + ".log"))
        .doesNotExist();
  }

  @Test
  void score_noCandidates_isEmpty() {
    EncoderCases cases = new EncoderCases(1);
    EncoderWeights weights = EncoderWeights.random(cases.config(), 1);
    try (Scorer scorer = OnnxScorer.ofWeights("x", EncoderCases.vocabulary(), weights, 1)) {
      assertThat(scorer.score(cases.request(3, 0))).isEmpty();
    }
  }
}
