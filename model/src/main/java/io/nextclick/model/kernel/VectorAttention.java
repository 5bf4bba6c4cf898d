// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import static io.nextclick.model.kernel.Tiles.PANEL;
import static io.nextclick.model.kernel.Tiles.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/** Scaled dot-product attention over ragged histories, on the vectors of the machine. */
final class VectorAttention {

  /*
   * Per head, keys lie with tokens in the lanes and values with dimensions in the lanes: both
   * products are the register tiles of a matrix product, without a shuffle. A group of queries
   * computes its scores into a buffer that stays in the first-level cache, turns them into weights,
   * and mixes the values. The causal half that nobody sees is never computed, and nothing is padded
   * but the last vector.
   *
   * The softmax takes 2^x, with the scale 1/sqrt(headDim) and log2(e) in one factor.
   */

  private static final int LANES = SPECIES.length();
  private static final int QUERY_GROUP = 2 * Tiles.ROWS;
  private static final float[] ZEROS = new float[PANEL];

  private VectorAttention() {}

  /** Scores of a group of queries, and the reciprocal of the sum of each. */
  static int scratchLength(int capacity) {
    return QUERY_GROUP * (scoreStride(capacity) + 1);
  }

  /** Room for the scores of one query: all tokens and its own, in whole panels. */
  private static int scoreStride(int tokens) {
    return (tokens / PANEL + 1) * PANEL;
  }

  static void causal(KeyValues history, float[] queries, int rows, float[] out, float[] scratch) {
    int first = history.length - rows;
    for (int head = 0; head < history.heads; head++) {
      for (int row = 0; row < rows; row += QUERY_GROUP) {
        int group = Math.min(QUERY_GROUP, rows - row);
        int tokens = first + row + group;
        int at = row * history.dim() + head * history.headDim;
        score(history, head, tokens, queries, at, group, scratch);
        softmax(history, tokens, tokens, group, true, scratch);
        mix(history, head, tokens, group, null, out, at, scratch);
      }
    }
  }

  static void candidates(
      KeyValues history,
      float[] queries,
      float[] keys,
      float[] values,
      int rows,
      float[] out,
      float[] scratch) {
    int dim = history.dim();
    int tokens = history.length;
    int stride = scoreStride(tokens);
    for (int head = 0; head < history.heads; head++) {
      for (int row = 0; row < rows; row += QUERY_GROUP) {
        int group = Math.min(QUERY_GROUP, rows - row);
        int at = row * dim + head * history.headDim;
        score(history, head, tokens, queries, at, group, scratch);
        for (int r = 0; r < group; r++) {
          int own = at + r * dim;
          scratch[r * stride + tokens] =
              VectorKernels.dot(queries, own, keys, own, history.headDim);
        }
        softmax(history, tokens, tokens + 1, group, false, scratch);
        mix(history, head, tokens, group, values, out, at, scratch);
      }
    }
  }

  /** The group's products with the first {@code tokens} keys. */
  private static void score(
      KeyValues history, int head, int tokens, float[] queries, int at, int group, float[] scores) {
    int headDim = history.headDim;
    int stride = scoreStride(tokens);
    for (int token = 0; token < tokens; token += PANEL) {
      Tiles.multiply(
          queries,
          at,
          history.dim(),
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
          Math.min(PANEL, wholeVectors(tokens - token)),
          Float.NEGATIVE_INFINITY);
    }
  }

  private static int wholeVectors(int length) {
    return (length + LANES - 1) / LANES * LANES;
  }

  /**
   * Turns the group's scores into numerators, and leaves the reciprocal of their sum behind them.
   *
   * @param causal whether the last query sees all, the one before it one less, and so on
   */
  private static void softmax(
      KeyValues history, int tokens, int seen, int group, boolean causal, float[] scores) {
    int stride = scoreStride(tokens);
    int end = wholeVectors(seen);
    for (int r = 0; r < group; r++) {
      int sees = causal ? seen - group + r + 1 : seen;
      Arrays.fill(scores, r * stride + sees, r * stride + end, Float.NEGATIVE_INFINITY);
    }
    float factor = (float) (VectorMath.LOG2_E / Math.sqrt(history.headDim));
    // Row after row of the same, so that rows do not wait for one another's maximum and sum.
    int rates = QUERY_GROUP * stride;
    for (int r = 0; r < group; r++) {
      scores[rates + r] = shift(scores, r * stride, end, factor);
    }
    for (int r = 0; r < group; r++) {
      scores[rates + r] = 1 / numerators(scores, r * stride, end, factor, scores[rates + r]);
    }
  }

  /** The largest score of a row, times {@code -factor}. */
  private static float shift(float[] scores, int from, int length, float factor) {
    FloatVector most = FloatVector.fromArray(SPECIES, scores, from);
    for (int i = LANES; i < length; i += LANES) {
      most = VectorMath.max(most, FloatVector.fromArray(SPECIES, scores, from + i));
    }
    return -factor * VectorMath.maxLanes(most).lane(0);
  }

  /** Turns scores into {@code 2^(score * factor + shift)} and returns their sum. */
  private static float numerators(float[] scores, int from, int length, float factor, float shift) {
    FloatVector scale = FloatVector.broadcast(SPECIES, factor);
    FloatVector offset = FloatVector.broadcast(SPECIES, shift);
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += LANES) {
      FloatVector x = FloatVector.fromArray(SPECIES, scores, from + i).fma(scale, offset);
      FloatVector power = VectorMath.exp2(x);
      power.intoArray(scores, from + i);
      sum = sum.add(power);
    }
    return VectorMath.sumLanes(sum).lane(0);
  }

  /** The group's mixtures of values; with {@code ownValues}, of its own ones too. */
  private static void mix(
      KeyValues history,
      int head,
      int tokens,
      int group,
      float @Nullable [] ownValues,
      float[] out,
      int at,
      float[] weights) {
    int headDim = history.headDim;
    int dim = history.dim();
    int stride = scoreStride(tokens);
    for (int d = 0; d < headDim; d += PANEL) {
      Tiles.multiply(
          weights,
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
      float rate = weights[QUERY_GROUP * stride + r];
      if (ownValues == null) {
        scale(out, at + r * dim, headDim, rate, out, 0f);
      } else {
        scale(out, at + r * dim, headDim, rate, ownValues, weights[r * stride + tokens]);
      }
    }
  }

  /** {@code out = (out + own * ownValues) * rate}. */
  private static void scale(
      float[] out, int at, int length, float rate, float[] ownValues, float own) {
    int d = 0;
    for (; d + LANES <= length; d += LANES) {
      FloatVector.fromArray(SPECIES, ownValues, at + d)
          .mul(own)
          .add(FloatVector.fromArray(SPECIES, out, at + d))
          .mul(rate)
          .intoArray(out, at + d);
    }
    if (d < length) {
      VectorMask<Float> tail = SPECIES.indexInRange(d, length);
      FloatVector.fromArray(SPECIES, ownValues, at + d, tail)
          .mul(own)
          .add(FloatVector.fromArray(SPECIES, out, at + d, tail))
          .mul(rate)
          .intoArray(out, at + d, tail);
    }
  }
}
