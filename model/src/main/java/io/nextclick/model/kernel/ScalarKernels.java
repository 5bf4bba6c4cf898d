// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The formulas, written plainly: the oracle of every test, and the kernel where the vector module
 * is absent. Sums run in double precision.
 *
 * <p>Scaled dot-product attention: Vaswani et al., "Attention is all you need", equation 1. Layer
 * normalisation: Ba et al., arXiv 1607.06450, equation 4. GELU: Hendrycks and Gimpel, arXiv
 * 1606.08415, equation 1. RMSNorm: Zhang and Sennrich, arXiv 1910.07467, equation 4. SwiGLU:
 * Shazeer, arXiv 2002.05202, equation 6.
 */
final class ScalarKernels implements KernelSupport {

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public LinearMap linearMap(float[] weight, float[] bias, int out, int in) {
    return new LinearMap(weight.clone(), bias.clone(), out, in);
  }

  @Override
  public void linear(LinearMap map, float[] x, int rows, float[] y, Epilogue epilogue) {
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < map.out(); o++) {
        double sum = map.bias()[o];
        for (int i = 0; i < map.in(); i++) {
          sum += (double) x[r * map.in() + i] * map.weight()[o * map.in() + i];
        }
        int at = r * map.out() + o;
        y[at] =
            (float)
                switch (epilogue) {
                  case STORE -> sum;
                  case RELU -> Math.max(0, sum);
                  case GELU -> gelu(sum);
                  case ADD -> y[at] + sum;
                };
      }
    }
  }

  @Override
  public void layerNorm(
      float[] x, int rows, int dim, float[] scale, float[] shift, float epsilon, float[] y) {
    for (int row = 0; row < rows * dim; row += dim) {
      double mean = 0;
      for (int d = 0; d < dim; d++) {
        mean += x[row + d];
      }
      mean /= dim;
      double variance = 0;
      for (int d = 0; d < dim; d++) {
        variance += (x[row + d] - mean) * (x[row + d] - mean);
      }
      double rate = 1 / Math.sqrt(variance / dim + epsilon);
      for (int d = 0; d < dim; d++) {
        y[row + d] = (float) ((x[row + d] - mean) * rate * scale[d] + shift[d]);
      }
    }
  }

  @Override
  public void rmsNorm(float[] x, int rows, int dim, float[] scale, float epsilon, float[] y) {
    for (int row = 0; row < rows * dim; row += dim) {
      double squares = 0;
      for (int d = 0; d < dim; d++) {
        squares += (double) x[row + d] * x[row + d];
      }
      double rate = 1 / Math.sqrt(squares / dim + epsilon);
      for (int d = 0; d < dim; d++) {
        y[row + d] = (float) (x[row + d] * rate * scale[d]);
      }
    }
  }

  @Override
  public void gate(float[] x, int rows, int inner) {
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < inner; i++) {
        double gate = x[(2 * row + 1) * inner + i];
        x[row * inner + i] = (float) (x[2 * row * inner + i] * gate / (1 + Math.exp(-gate)));
      }
    }
  }

  @Override
  public KeyValues keyValues(int capacity, int heads, int headDim) {
    return new KeyValues(capacity, heads, headDim, 1, headDim);
  }

  @Override
  public void append(KeyValues history, float[] keys, float[] values, int rows) {
    history.append(keys, values, rows);
  }

  @Override
  public int scratchLength(int capacity) {
    return 0;
  }

  @Override
  public void attendCausal(
      KeyValues history, float[] queries, int rows, float[] out, float[] scratch) {
    int first = history.length - rows;
    for (int r = 0; r < rows; r++) {
      for (int h = 0; h < history.heads; h++) {
        int at = r * history.dim() + h * history.headDim;
        attend(history, h, first + r + 1, queries, at, null, null, out);
      }
    }
  }

  @Override
  public void attendCandidates(
      KeyValues history,
      float[] queries,
      float[] keys,
      float[] values,
      int rows,
      float[] out,
      float[] scratch) {
    for (int r = 0; r < rows; r++) {
      for (int h = 0; h < history.heads; h++) {
        int at = r * history.dim() + h * history.headDim;
        attend(history, h, history.length, queries, at, keys, values, out);
      }
    }
  }

  /**
   * Equation 1 for one query and one head over {@code tokens} of the history, and its own token.
   */
  private static void attend(
      KeyValues history,
      int head,
      int tokens,
      float[] queries,
      int at,
      float @Nullable [] ownKeys,
      float @Nullable [] ownValues,
      float[] out) {
    int headDim = history.headDim;
    double[] weights = new double[tokens + 1];
    double max = Double.NEGATIVE_INFINITY;
    int seen = ownKeys == null ? tokens : tokens + 1;
    for (int t = 0; t < seen; t++) {
      double dot = 0;
      for (int d = 0; d < headDim; d++) {
        float key =
            t < tokens || ownKeys == null
                ? history.keys[history.keyIndex(head, t, d)]
                : ownKeys[at + d];
        dot += (double) queries[at + d] * key;
      }
      weights[t] = dot / Math.sqrt(headDim);
      max = Math.max(max, weights[t]);
    }
    double sum = 0;
    for (int t = 0; t < seen; t++) {
      weights[t] = Math.exp(weights[t] - max);
      sum += weights[t];
    }
    for (int d = 0; d < headDim; d++) {
      double mixed = 0;
      for (int t = 0; t < seen; t++) {
        float value =
            t < tokens || ownValues == null
                ? history.values[history.valueOffset(head) + t * history.valueStride + d]
                : ownValues[at + d];
        mixed += weights[t] * value;
      }
      out[at + d] = (float) (mixed / sum);
    }
  }

  @Override
  public void rowDots(float[] x, int from, int rows, float[] vector, int dim, float[] out) {
    for (int r = 0; r < rows; r++) {
      double sum = 0;
      for (int d = 0; d < dim; d++) {
        sum += (double) x[(from + r) * dim + d] * vector[d];
      }
      out[r] = (float) sum;
    }
  }

  @Override
  public void add(float[] x, float[] y, int length) {
    for (int i = 0; i < length; i++) {
      x[i] += y[i];
    }
  }

  @Override
  public void addRow(float[] table, int from, float[] x, int at, int length) {
    for (int i = 0; i < length; i++) {
      x[at + i] += table[from + i];
    }
  }

  private static double gelu(double x) {
    return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
  }

  /** The error function: its Maclaurin series up to 3, and 1 minus a continued fraction beyond. */
  static double erf(double x) {
    double size = Math.abs(x);
    if (size > 6) {
      return Math.signum(x);
    }
    if (size < 3) {
      double term = x;
      double sum = x;
      for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
        term *= -x * x / n;
        sum += term / (2 * n + 1);
      }
      return 2 / Math.sqrt(Math.PI) * sum;
    }
    double fraction = size;
    for (int n = 60; n >= 1; n--) {
      fraction = size + n / 2.0 / fraction;
    }
    return Math.signum(x) * (1 - Math.exp(-size * size) / (fraction * Math.sqrt(Math.PI)));
  }
}
