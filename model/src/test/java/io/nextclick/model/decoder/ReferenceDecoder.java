// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import java.util.Arrays;
import java.util.function.Function;

/** The decoder in double precision, as its formulas are written; slow, and the measure of both. */
public final class ReferenceDecoder {

  private static final double EPSILON = 1e-6f;

  private final DecoderConfig config;
  private final Function<String, float[]> weights;
  private final int dim;

  /**
   * @param weights the live values by name, perhaps with slack behind them
   */
  public ReferenceDecoder(DecoderConfig config, Function<String, float[]> weights) {
    this.config = config;
    this.weights = weights;
    this.dim = config.dim();
  }

  /**
   * What is added to the logit of each item of a page, which sees those before it.
   *
   * @param outputs (history)(dim) of the encoder
   * @param items (page)(dim) vectors
   * @param logits (page)
   */
  public double[] page(double[][] outputs, double[][] items, double[] logits) {
    int n = items.length;
    double[][] memory = each(outputs, row -> norm("memory.norm", row));
    double[][] x = new double[n][];
    for (int i = 0; i < n; i++) {
      x[i] = linear("item", dim, items[i]);
      for (int d = 0; d < dim; d++) {
        x[i][d] += logits[i] * get("logit", d);
        x[i][d] += get("place.embedding", config.row(i) * dim + d);
      }
    }
    for (int l = 0; l < config.layers(); l++) {
      x = layer("layers." + l + ".", x, memory);
    }
    double[] added = new double[n];
    for (int i = 0; i < n; i++) {
      double[] state = norm("norm", x[i]);
      added[i] = get("place.bias", config.row(i));
      for (int d = 0; d < dim; d++) {
        added[i] += state[d] * get("head.weight", d);
      }
      double[] query = linear("pair.query", dim, items[i]);
      added[i] +=
          memory.length == 0
              ? 0
              : dot(query, linear("pair.history", dim, memory[memory.length - 1]));
      for (int before = 0; before < i; before++) {
        added[i] += dot(query, linear("pair.key", dim, items[before]));
      }
    }
    return added;
  }

  private double[][] layer(String name, double[][] x, double[][] memory) {
    double[][] n1 = each(x, row -> norm(name + "norm1", row));
    double[][] keys = each(n1, row -> linear(name + "self.key", dim, row));
    double[][] values = each(n1, row -> linear(name + "self.value", dim, row));
    double[][] h1 = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      h1[i] = sum(x[i], attend(name + "self.", n1[i], Arrays.copyOf(keys, i + 1), values, false));
    }
    keys = each(memory, row -> linear(name + "cross.key", dim, row));
    values = each(memory, row -> linear(name + "cross.value", dim, row));
    double[][] y = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      double[] n2 = norm(name + "norm2", h1[i]);
      double[] h2 = sum(h1[i], attend(name + "cross.", n2, keys, values, true));
      double[] inner =
          linear(name + "feedforward.in", config.feedForward(), norm(name + "norm3", h2));
      for (int j = 0; j < inner.length; j++) {
        inner[j] *= 0.5 * (1 + erf(inner[j] / Math.sqrt(2)));
      }
      y[i] = sum(h2, linear(name + "feedforward.out", dim, inner));
    }
    return y;
  }

  /** With an empty place, of key and value zero, beside the keys. */
  private double[] attend(
      String name, double[] of, double[][] keys, double[][] values, boolean empty) {
    double[] q = linear(name + "query", dim, of);
    double[] out = new double[dim];
    for (int head = 0; head < config.heads(); head++) {
      int from = head * config.headDim();
      double total = empty ? 1 : 0;
      double[] weight = new double[keys.length];
      for (int t = 0; t < keys.length; t++) {
        double dot = 0;
        for (int d = from; d < from + config.headDim(); d++) {
          dot += q[d] * keys[t][d];
        }
        weight[t] = Math.exp(dot / Math.sqrt(config.headDim()));
        total += weight[t];
      }
      for (int t = 0; t < keys.length; t++) {
        for (int d = from; d < from + config.headDim(); d++) {
          out[d] += weight[t] / total * values[t][d];
        }
      }
    }
    return linear(name + "output", dim, out);
  }

  private interface Row {
    double[] of(double[] row);
  }

  private static double[][] each(double[][] rows, Row row) {
    double[][] out = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      out[i] = row.of(rows[i]);
    }
    return out;
  }

  private double[] norm(String name, double[] x) {
    double mean = 0;
    double square = 0;
    for (double value : x) {
      mean += value / dim;
    }
    for (double value : x) {
      square += (value - mean) * (value - mean) / dim;
    }
    double[] out = new double[dim];
    for (int d = 0; d < dim; d++) {
      out[d] =
          (x[d] - mean) / Math.sqrt(square + EPSILON) * get(name + ".weight", d)
              + get(name + ".bias", d);
    }
    return out;
  }

  private double[] linear(String name, int out, double[] x) {
    float[] weight = weights.apply(name + ".weight");
    float[] bias = weights.apply(name + ".bias");
    double[] y = new double[out];
    for (int o = 0; o < out; o++) {
      y[o] = bias[o];
      for (int i = 0; i < x.length; i++) {
        y[o] += x[i] * weight[o * x.length + i];
      }
    }
    return y;
  }

  private double get(String name, int at) {
    return weights.apply(name)[at];
  }

  private static double dot(double[] a, double[] b) {
    double dot = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
    }
    return dot;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = a.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  /** Abramowitz and Stegun, 7.1.5: the series, which is exact enough for values below 4. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 60; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
