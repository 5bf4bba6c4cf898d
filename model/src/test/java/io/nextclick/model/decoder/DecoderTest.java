// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.model.encoder.EncodedPage;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.slate.Prefix;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecoderTest {

  private static final int CANDIDATES = 23;
  private static final int ITEMS = 9;

  private final SplittableRandom random = new SplittableRandom(20261201);

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "vector"})
  void probabilities_anyPrefix_areThoseOfTheFormulas(String name) {
    Kernels kernels = name.equals("scalar") ? Kernels.scalar() : Kernels.best();
    for (int i = 0; i < 8; i++) {
      int heads = 1 + random.nextInt(3);
      var config = new DecoderConfig(ITEMS, heads * (4 + 4 * (i % 2)), 1 + i % 3, heads, 12, 3);
      DecoderWeights weights = DecoderWeights.random(config, i);
      EncodedPage encoded = page(config.dim(), i == 0 ? 0 : 1 + random.nextInt(40));
      float[] pointwise = floats(CANDIDATES);
      Prefix prefix = new Decoder(weights, kernels).page(encoded, pointwise, logit -> logit);
      List<Integer> placed = new ArrayList<>();
      for (int place = 0; place < 5; place++) {
        assertThat(prefix.size()).isEqualTo(place);
        double[] logits = new double[CANDIDATES];
        prefix.probabilities(logits);
        for (int c = 0; c < CANDIDATES; c++) {
          double expected = pointwise[c] + expected(weights, encoded, placed, c);
          assertThat(logits[c]).as("%s, place %d", config, place).isCloseTo(expected, within(2e-4));
        }
        int next = random.nextInt(CANDIDATES);
        prefix.then((next + 1) % CANDIDATES); // another page, which this one knows nothing of
        prefix = prefix.then(next);
        placed.add(next);
      }
    }
  }

  private double expected(
      DecoderWeights weights, EncodedPage encoded, List<Integer> placed, int candidate) {
    int dim = weights.config().dim();
    double[][] items = new double[placed.size() + 1][];
    double[] logits = new double[placed.size() + 1];
    for (int i = 0; i <= placed.size(); i++) {
      int c = i < placed.size() ? placed.get(i) : candidate;
      int known = encoded.rows()[c];
      items[i] =
          known == 0
              ? row(encoded.items(), c, dim)
              : row(weights.get("item.embedding"), known, dim);
      logits[i] = encoded.logits()[c];
    }
    double[][] outputs = new double[encoded.outputs().length / dim][];
    for (int t = 0; t < outputs.length; t++) {
      outputs[t] = row(encoded.outputs(), t, dim);
    }
    var reference = new ReferenceDecoder(weights.config(), weights::get);
    return reference.page(outputs, items, logits)[placed.size()];
  }

  private static double[] row(float[] x, int row, int dim) {
    double[] values = new double[dim];
    for (int d = 0; d < dim; d++) {
      values[d] = x[row * dim + d];
    }
    return values;
  }

  private EncodedPage page(int dim, int history) {
    int[] rows = random.ints(CANDIDATES, 0, ITEMS + 1).toArray(); // 0 for those without
    return new EncodedPage(
        floats(history * dim), rows, floats(CANDIDATES * dim), floats(CANDIDATES));
  }

  private float[] floats(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Test
  void config_thatNoDecoderCanHave_isRefused() {
    assertThatThrownBy(() -> new DecoderConfig(5, 32, 7, 2, 64, 10))
        .hasMessage("decoder: layers=7 is not within 1 to 6");
    assertThatThrownBy(() -> new DecoderConfig(5, 32, 1, 3, 64, 10))
        .hasMessage("decoder: heads=3 does not divide dim=32");
  }
}
