// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vector kernel against the scalar one, at awkward sizes. */
class KernelsTest {

  private static final int[] SIZES = {
    1, 3, 4, 7, 8, 15, 16, 17, 20, 31, 32, 33, 48, 64, 65, 100, 128, 130, 256
  };

  private final SplittableRandom random = new SplittableRandom(20261123);
  private final Kernels scalar = Kernels.scalar();
  private final Kernels vector = Kernels.vector();

  @Test
  void best_underTheFlagsOfTheLauncher_isTheVectorKernel() {
    assertThat(Kernels.best().name()).isEqualTo("vector-" + Tiles.SPECIES.vectorBitSize());
  }

  @ParameterizedTest
  @EnumSource(Epilogue.class)
  void linear_awkwardSizes_equalsScalar(Epilogue epilogue) {
    for (int in : SIZES) {
      for (int out : SIZES) {
        int rows = 1 + random.nextInt(11);
        float[] weight = randoms(out * in);
        float[] bias = randoms(out);
        float[] x = randoms(rows * in);
        float[] expected = randoms(rows * out);
        float[] actual = expected.clone();
        scalar.linear(scalar.linearMap(weight, bias, out, in), x, rows, expected, epilogue);
        vector.linear(vector.linearMap(weight, bias, out, in), x, rows, actual, epilogue);
        assertClose(actual, expected, 2e-6 * in + 2e-6, "in=" + in + ", out=" + out);
      }
    }
  }

  @Test
  void layerNorm_awkwardSizes_equalsScalar() {
    for (int dim : SIZES) {
      float[] x = randoms(5 * dim);
      float[] scale = randoms(dim);
      float[] shift = randoms(dim);
      float[] expected = new float[x.length];
      float[] actual = new float[x.length];
      scalar.layerNorm(x, 5, dim, scale, shift, 1e-5f, expected);
      vector.layerNorm(x, 5, dim, scale, shift, 1e-5f, actual);
      assertClose(actual, expected, 2e-5, "dim=" + dim);
    }
  }

  @Test
  void rmsNorm_awkwardSizes_equalsScalar() {
    for (int dim : SIZES) {
      float[] x = randoms(5 * dim);
      float[] scale = randoms(dim);
      float[] expected = new float[x.length];
      float[] actual = new float[x.length];
      scalar.rmsNorm(x, 5, dim, scale, 1e-5f, expected);
      vector.rmsNorm(x, 5, dim, scale, 1e-5f, actual);
      assertClose(actual, expected, 2e-5, "dim=" + dim);
    }
  }

  @Test
  void gate_awkwardSizesAndFarGates_equalsScalar() {
    for (int inner : SIZES) {
      float[] expected = randoms(5 * 2 * inner);
      expected[inner] = -1_000;
      expected[2 * inner - 1] = inner > 1 ? 1_000 : -1_000;
      float[] actual = expected.clone();
      scalar.gate(expected, 5, inner);
      vector.gate(actual, 5, inner);
      assertClose(
          Arrays.copyOf(actual, 5 * inner),
          Arrays.copyOf(expected, 5 * inner),
          2e-5,
          "inner=" + inner);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 8, 16, 25, 32, 33, 48, 64, 80, 128})
  void attention_awkwardSizes_equalsScalar(int headDim) {
    for (int tokens : new int[] {0, 1, 2, 7, 8, 9, 63, 64, 65, 200}) {
      for (int heads = 1; heads <= 3; heads++) {
        int dim = heads * headDim;
        KeyValues slow = scalar.keyValues(tokens + 3, heads, headDim);
        KeyValues fast = vector.keyValues(tokens + 3, heads, headDim);
        float[] keys = randoms(tokens * dim);
        float[] values = randoms(tokens * dim);
        scalar.append(slow, keys, values, tokens);
        vector.append(fast, keys, values, tokens);
        String at = "headDim=" + headDim + ", tokens=" + tokens + ", heads=" + heads;
        assertClose(
            causal(vector, fast, keys, tokens), causal(scalar, slow, keys, tokens), 1e-5, at);
        float[] own = randoms(13 * dim);
        assertClose(candidates(vector, fast, own), candidates(scalar, slow, own), 1e-5, at);
      }
    }
  }

  @Test
  void attention_hugeScores_staysFinite() {
    KeyValues history = vector.keyValues(4, 1, 4);
    float[] keys = new float[16];
    Arrays.fill(keys, 1e3f);
    keys[0] = -1e3f;
    vector.append(history, keys, keys, 4);
    for (float value : causal(vector, history, keys, 4)) {
      assertThat(value).isFinite();
    }
  }

  @Test
  void rowDots_awkwardSizes_equalsScalar() {
    for (int dim : SIZES) {
      float[] x = randoms(9 * dim);
      float[] state = randoms(dim);
      float[] expected = new float[9];
      float[] actual = new float[9];
      scalar.rowDots(x, 2, 7, state, dim, expected);
      vector.rowDots(x, 2, 7, state, dim, actual);
      assertThat(expected[0]).isNotZero();
      assertClose(actual, expected, 2e-6 * dim, "dim=" + dim);
    }
  }

  @Test
  void addRow_awkwardSizes_equalsScalarToTheBit() {
    for (int dim : SIZES) {
      float[] table = randoms(3 * dim);
      float[] expected = randoms(2 * dim + 1);
      float[] actual = expected.clone();
      scalar.addRow(table, 2, dim, expected, dim);
      vector.addRow(table, 2, dim, actual, dim);
      assertThat(actual).as("dim=" + dim).isEqualTo(expected);
    }
  }

  @Test
  void linear_shortArray_saysWhichAndByHowMuch() {
    LinearMap map = vector.linearMap(new float[12], new float[3], 3, 4);
    assertThatThrownBy(() -> vector.linear(map, new float[7], 2, new float[6], Epilogue.STORE))
        .hasMessage("x has length=7, needs at least 8");
  }

  private static float[] causal(Kernels kernels, KeyValues history, float[] queries, int rows) {
    float[] out = new float[queries.length];
    kernels.attendCausal(
        history, queries, rows, out, new float[kernels.scratchLength(history.length())]);
    return out;
  }

  private static float[] candidates(Kernels kernels, KeyValues history, float[] own) {
    float[] out = new float[own.length];
    int rows = own.length / history.dim();
    float[] scratch = new float[kernels.scratchLength(history.length())];
    kernels.attendCandidates(history, own, own, own, rows, out, scratch);
    return out;
  }

  private float[] randoms(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static void assertClose(float[] actual, float[] expected, double tolerance, String at) {
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .as("%s, index=%d", at, i)
          .isCloseTo(expected[i], Offset.offset(tolerance));
    }
  }

  @Test
  void attention_sharesOfTokens_areWhatTheKernelMixesValuesWith() {
    int tokens = 5;
    int headDim = 8;
    for (Kernels kernels : List.of(Kernels.scalar(), Kernels.vector())) {
      KeyValues history = kernels.keyValues(tokens, 2, headDim);
      // Token t's value is 1 in dimension t of each head, and 0 elsewhere.
      float[] keys = randoms(tokens * 2 * headDim);
      float[] values = new float[tokens * 2 * headDim];
      for (int t = 0; t < tokens; t++) {
        values[(2 * t) * headDim + t] = 1;
        values[(2 * t + 1) * headDim + t] = 1;
      }
      kernels.append(history, keys, values, tokens);
      float[] query = randoms(2 * headDim);
      float[] own = randoms(2 * headDim);
      float[] out = new float[2 * headDim];
      float[] scratch = new float[kernels.scratchLength(tokens + 1)];
      kernels.attendCandidates(history, query, own, new float[2 * headDim], 1, out, scratch);

      float[] shares = new float[tokens];
      history.addAttention(query, 0, own, shares, 0);

      for (int t = 0; t < tokens; t++) {
        assertThat(shares[t]).isCloseTo((out[t] + out[headDim + t]) / 2, Offset.offset(1e-6f));
      }
    }
  }
}
