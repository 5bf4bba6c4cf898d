// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import static io.nextclick.model.kernel.Tiles.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** The same arithmetic as {@link ScalarKernels} on the vectors of the machine. */
final class VectorKernels implements KernelSupport {

  /*
   * How it is fast.
   *
   * Matrix products. Weights are packed once into panels of four vectors of columns, so that a
   * register tile (see Tiles) reads them in one line. The shared dimension is cut into blocks, so
   * that the block of a panel stays in the first-level cache while all rows pass by.
   *
   * Attention. Per head, keys lie with tokens in the lanes and values with dimensions in the lanes:
   * both products are the same register tiles, without a shuffle. A group of eight queries computes
   * its scores into a small buffer, turns them into weights, and mixes the values; the causal half
   * that nobody sees is never computed. Nothing is padded but the last vector.
   *
   * Softmax. 2^x instead of e^x, with the scale 1/sqrt(headDim) and log2(e) folded into one factor.
   */

  private static final int LANES = SPECIES.length();
  private static final VectorShuffle<Float> ROTATE_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
  private static final VectorShuffle<Float> ROTATE_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
  private static final VectorShuffle<Float> ROTATE_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
  private static final VectorShuffle<Float> ROTATE_1 = VectorShuffle.iota(SPECIES, 1, 1, true);
  private static final int PANEL = Tiles.PANEL;
  private static final float[] ZEROS = new float[PANEL];
  private static final int DEPTH_BLOCK = 128;
  private static final int QUERY_GROUP = 8;
  private static final float LOG2_E = 1.44269504f;
  // Adding it to a float of moderate size leaves the nearest whole number in the low bits.
  private static final float ROUND = 0x1.8p23f;
  private static final float MIN_EXPONENT = -126f;

  static VectorSpecies<Float> species() {
    int bits = Integer.getInteger("nextclick.vectorBits", 0);
    return switch (bits) {
      case 0 -> FloatVector.SPECIES_PREFERRED;
      case 128 -> FloatVector.SPECIES_128;
      case 256 -> FloatVector.SPECIES_256;
      case 512 -> FloatVector.SPECIES_512;
      default ->
          throw new IllegalArgumentException(
              "nextclick.vectorBits=" + bits + ": choose 128, 256 or 512");
    };
  }

  @Override
  public String name() {
    return "vector-" + SPECIES.vectorBitSize();
  }

  @Override
  public LinearMap linearMap(float[] weight, float[] bias, int out, int in) {
    int panels = (out + PANEL - 1) / PANEL;
    float[] packed = new float[panels * in * PANEL];
    for (int o = 0; o < out; o++) {
      int at = (o / PANEL) * in * PANEL + o % PANEL;
      for (int i = 0; i < in; i++) {
        packed[at + i * PANEL] = weight[o * in + i];
      }
    }
    return new LinearMap(packed, Arrays.copyOf(bias, panels * PANEL), out, in);
  }

  @Override
  public void linear(LinearMap map, float[] x, int rows, float[] y, Epilogue epilogue) {
    int in = map.in();
    int out = map.out();
    if (epilogue == Epilogue.ADD) {
      addToRows(y, rows, out, map.bias());
    }
    for (int column = 0; column < out; column += PANEL) {
      int width = Math.min(PANEL, out - column);
      for (int depth = 0; depth < in; depth += DEPTH_BLOCK) {
        int block = Math.min(DEPTH_BLOCK, in - depth);
        boolean add = depth > 0 || epilogue == Epilogue.ADD;
        boolean relu = epilogue == Epilogue.RELU && depth + block == in;
        Tiles.multiply(
            x,
            depth,
            in,
            rows,
            map.weight(),
            column * in + depth * PANEL,
            PANEL,
            block,
            add ? y : map.bias(),
            column,
            add ? out : 0,
            y,
            column,
            out,
            width,
            relu ? 0f : Float.NEGATIVE_INFINITY);
      }
    }
    if (epilogue == Epilogue.GELU) {
      gelu(y, rows * out);
    }
  }

  private static void addToRows(float[] y, int rows, int dim, float[] x) {
    for (int row = 0; row < rows * dim; row += dim) {
      add(y, row, x, 0, dim);
    }
  }

  @Override
  public void layerNorm(
      float[] x, int rows, int dim, float[] scale, float[] shift, float epsilon, float[] y) {
    for (int row = 0; row < rows * dim; row += dim) {
      float mean = sum(x, row, dim) / dim;
      float rate = (float) (1 / Math.sqrt(squares(x, row, dim, mean) / dim + epsilon));
      int d = 0;
      for (; d + LANES <= dim; d += LANES) {
        FloatVector.fromArray(SPECIES, x, row + d)
            .sub(mean)
            .mul(rate)
            .fma(FloatVector.fromArray(SPECIES, scale, d), FloatVector.fromArray(SPECIES, shift, d))
            .intoArray(y, row + d);
      }
      for (; d < dim; d++) {
        y[row + d] = (x[row + d] - mean) * rate * scale[d] + shift[d];
      }
    }
  }

  private static float sum(float[] x, int from, int length) {
    FloatVector sums = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      sums = sums.add(FloatVector.fromArray(SPECIES, x, from + i));
    }
    float sum = sumLanes(sums);
    for (; i < length; i++) {
      sum += x[from + i];
    }
    return sum;
  }

  private static float squares(float[] x, int from, int length, float mean) {
    FloatVector sums = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      FloatVector off = FloatVector.fromArray(SPECIES, x, from + i).sub(mean);
      sums = off.fma(off, sums);
    }
    float sum = sumLanes(sums);
    for (; i < length; i++) {
      sum += (x[from + i] - mean) * (x[from + i] - mean);
    }
    return sum;
  }

  @Override
  public KeyValues keyValues(int capacity, int heads, int headDim) {
    return new KeyValues(capacity, heads, headDim, PANEL, LANES);
  }

  @Override
  public void append(KeyValues history, float[] keys, float[] values, int rows) {
    history.append(keys, values, rows);
  }

  @Override
  public int scratchLength(int capacity) {
    return QUERY_GROUP * (scoreStride(capacity) + 1);
  }

  /** Room for the scores of one query: all tokens and its own, in whole panels. */
  private static int scoreStride(int tokens) {
    return (tokens / PANEL + 1) * PANEL;
  }

  @Override
  public void attendCausal(
      KeyValues history, float[] queries, int rows, float[] out, float[] scratch) {
    int first = history.length - rows;
    for (int head = 0; head < history.heads; head++) {
      for (int row = 0; row < rows; row += QUERY_GROUP) {
        int group = Math.min(QUERY_GROUP, rows - row);
        attend(
            history,
            head,
            first + row + group,
            queries,
            row,
            group,
            true,
            null,
            null,
            out,
            scratch);
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
    for (int head = 0; head < history.heads; head++) {
      for (int row = 0; row < rows; row += QUERY_GROUP) {
        int group = Math.min(QUERY_GROUP, rows - row);
        attend(
            history, head, history.length, queries, row, group, false, keys, values, out, scratch);
      }
    }
  }

  /**
   * One head, a group of queries, over the first {@code tokens} of the history.
   *
   * @param causal whether the last query sees all tokens, the one before it one less, and so on
   */
  private static void attend(
      KeyValues history,
      int head,
      int tokens,
      float[] queries,
      int row,
      int group,
      boolean causal,
      float @Nullable [] ownKeys,
      float @Nullable [] ownValues,
      float[] out,
      float[] scores) {
    int headDim = history.headDim;
    int dim = history.dim();
    int at = row * dim + head * headDim;
    int stride = scoreStride(tokens);
    for (int token = 0; token < tokens; token += PANEL) {
      int width = Math.min(PANEL, (tokens - token + LANES - 1) / LANES * LANES);
      Tiles.multiply(
          queries,
          at,
          dim,
          group,
          history.keys,
          history.keyOffset(head) + token * headDim,
          PANEL,
          headDim,
          ZEROS,
          0,
          0,
          scores,
          token,
          stride,
          width,
          Float.NEGATIVE_INFINITY);
    }
    float factor = (float) (LOG2_E / Math.sqrt(headDim));
    int rates = QUERY_GROUP * stride;
    for (int r = 0; r < group; r++) {
      int seen = causal ? tokens - group + r + 1 : tokens;
      if (ownKeys != null) {
        scores[r * stride + seen] = dot(queries, at + r * dim, ownKeys, at + r * dim, headDim);
        seen++;
      }
      scores[rates + r] = 1 / softmaxNumerators(scores, r * stride, seen, factor);
      // What this query must not see, but the group's product passes over.
      Arrays.fill(scores, r * stride + seen, r * stride + Math.max(seen, tokens), 0f);
    }
    for (int d = 0; d < headDim; d += PANEL) {
      Tiles.multiply(
          scores,
          0,
          stride,
          group,
          history.values,
          history.valueOffset(head) + d,
          history.valueStride,
          tokens,
          ZEROS,
          0,
          0,
          out,
          at + d,
          dim,
          Math.min(PANEL, headDim - d),
          Float.NEGATIVE_INFINITY);
    }
    for (int r = 0; r < group; r++) {
      float own = ownValues == null ? 0 : scores[r * stride + tokens];
      finish(out, at + r * dim, headDim, scores[rates + r], own, ownValues);
    }
  }

  /** {@code out = (out + own * ownValues) * rate}. */
  private static void finish(
      float[] out, int at, int length, float rate, float own, float @Nullable [] ownValues) {
    int d = 0;
    for (; d + LANES <= length; d += LANES) {
      FloatVector mixed = FloatVector.fromArray(SPECIES, out, at + d);
      if (ownValues != null) {
        mixed = FloatVector.fromArray(SPECIES, ownValues, at + d).mul(own).add(mixed);
      }
      mixed.mul(rate).intoArray(out, at + d);
    }
    for (; d < length; d++) {
      float mixed = ownValues == null ? out[at + d] : out[at + d] + own * ownValues[at + d];
      out[at + d] = mixed * rate;
    }
  }

  /** Turns scores into {@code 2^((score - max) * factor)} and returns their sum. */
  private static float softmaxNumerators(float[] scores, int from, int length, float factor) {
    int end = (length + LANES - 1) / LANES * LANES;
    Arrays.fill(scores, from + length, from + end, Float.NEGATIVE_INFINITY);
    FloatVector maxima = FloatVector.fromArray(SPECIES, scores, from);
    for (int i = LANES; i < end; i += LANES) {
      maxima = maxima.max(FloatVector.fromArray(SPECIES, scores, from + i));
    }
    float offset = -maxima.reduceLanes(VectorOperators.MAX) * factor;
    FloatVector sums = FloatVector.zero(SPECIES);
    for (int i = 0; i < end; i += LANES) {
      FloatVector power =
          exp2(
              FloatVector.fromArray(SPECIES, scores, from + i)
                  .fma(
                      FloatVector.broadcast(SPECIES, factor),
                      FloatVector.broadcast(SPECIES, offset)));
      power.intoArray(scores, from + i);
      sums = sums.add(power);
    }
    return sumLanes(sums);
  }

  /**
   * 2^x for x up to 127; relative error below 3e-7, and 2^-126 or less for anything smaller than
   * -126. x = n + r with whole n and |r| at most 1/2; 2^r is its Taylor series to degree 6, and n
   * goes into the exponent bits.
   */
  static FloatVector exp2(FloatVector x) {
    FloatVector clamped = x.max(MIN_EXPONENT);
    FloatVector shifted = clamped.add(ROUND);
    FloatVector r = clamped.sub(shifted.sub(ROUND));
    FloatVector power = FloatVector.broadcast(SPECIES, 1.5403530e-4f);
    power = power.fma(r, FloatVector.broadcast(SPECIES, 1.3333558e-3f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 9.6181291e-3f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 5.5504109e-2f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 2.4022651e-1f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 6.9314718e-1f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 1f));
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return power.reinterpretAsInts().add(exponent).reinterpretAsFloats();
  }

  @Override
  public void rowDots(float[] x, int rows, float[] vector, int dim, float[] out) {
    for (int r = 0; r < rows; r++) {
      out[r] = dot(x, r * dim, vector, 0, dim);
    }
  }

  private static float dot(float[] a, int aAt, float[] b, int bAt, int length) {
    FloatVector sums = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      sums =
          FloatVector.fromArray(SPECIES, a, aAt + i)
              .fma(FloatVector.fromArray(SPECIES, b, bAt + i), sums);
    }
    float sum = sumLanes(sums);
    for (; i < length; i++) {
      sum += a[aAt + i] * b[bAt + i];
    }
    return sum;
  }

  @Override
  public void add(float[] x, float[] y, int length) {
    add(x, 0, y, 0, length);
  }

  private static void add(float[] x, int xAt, float[] y, int yAt, int length) {
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      FloatVector.fromArray(SPECIES, x, xAt + i)
          .add(FloatVector.fromArray(SPECIES, y, yAt + i))
          .intoArray(x, xAt + i);
    }
    for (; i < length; i++) {
      x[xAt + i] += y[yAt + i];
    }
  }

  /** GELU in place, with the error function to 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
  private static void gelu(float[] x, int length) {
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      gelu(FloatVector.fromArray(SPECIES, x, i)).intoArray(x, i);
    }
    if (i < length) {
      // The same formula for the tail: where a row ends must not change its result.
      var tail = SPECIES.indexInRange(i, length);
      gelu(FloatVector.fromArray(SPECIES, x, i, tail)).intoArray(x, i, tail);
    }
  }

  private static FloatVector gelu(FloatVector x) {
    FloatVector size = x.abs().mul(0.70710678f);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector t = one.div(size.mul(0.3275911f).add(1f));
    FloatVector poly = FloatVector.broadcast(SPECIES, 1.061405429f);
    poly = poly.fma(t, FloatVector.broadcast(SPECIES, -1.453152027f));
    poly = poly.fma(t, FloatVector.broadcast(SPECIES, 1.421413741f));
    poly = poly.fma(t, FloatVector.broadcast(SPECIES, -0.284496736f));
    poly = poly.fma(t, FloatVector.broadcast(SPECIES, 0.254829592f)).mul(t);
    FloatVector erf = one.sub(poly.mul(exp2(size.mul(size).mul(-LOG2_E))));
    // x (1 + sign(x) erf(|x|)) / 2 = (x + |x| erf(|x|)) / 2
    return x.add(x.abs().mul(erf)).mul(0.5f);
  }

  /**
   * The sum of all lanes, always in the same order: {@code reduceLanes} may add in another order
   * once it is compiled, and scores would change while the process warms up.
   */
  private static float sumLanes(FloatVector v) {
    FloatVector sum = v;
    if (LANES >= 16) {
      sum = sum.add(sum.rearrange(ROTATE_8));
    }
    if (LANES >= 8) {
      sum = sum.add(sum.rearrange(ROTATE_4));
    }
    sum = sum.add(sum.rearrange(ROTATE_2));
    return sum.add(sum.rearrange(ROTATE_1)).lane(0);
  }
}
