// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.kernel.TrainingKernels;
import java.util.Arrays;
import java.util.List;

/**
 * Scaled dot-product attention of a decoder's layer, forward and backward, by spans of rows that
 * look at the same keys.
 */
final class SpanAttention {

  /*
   * S = Q K^T / sqrt(headDim), P = softmax(S), O = P V, span by span and head by head. Backward:
   *
   *   dP = dO V^T     dS = P (dP - sum dP P) / sqrt(headDim)
   *   dQ = dS K       dK += dS^T Q        dV += P^T dO
   *
   * Where rows look at a history there is an empty place beside it, of key and value zero: what a
   * row gives to that is lost, and all of it where there is no history. Its value is zero, so it
   * takes part in the softmax's sum alone.
   */

  /**
   * Rows and their keys.
   *
   * @param row the first
   * @param rows of them
   * @param key the first
   * @param keys that the last row sees
   * @param causal whether each row sees one key less than the next, and there is no empty place
   */
  record Span(int row, int rows, int key, int keys, boolean causal) {

    /** Keys that row {@code r} of the span sees. */
    int sees(int r) {
      return causal ? keys - rows + r + 1 : keys;
    }

    /** Places per row of weights: all keys, the empty place, and whole vectors. */
    int stride() {
      return AttentionSpan.round(keys + 1);
    }
  }

  private final TrainingKernels kernels;
  private final int dim;
  private final int heads;
  private final int headDim;
  private final float factor;
  private float[] weights = {}; // P of all spans and heads, kept for the backward pass
  private float[] transposed = {}; // K^T or V^T of one head: (headDim, stride)
  private float[] slopes = {}; // dS of one head: (rows, stride)
  private float[] columns = {}; // P^T or dS^T: (keys, stride by rows)

  SpanAttention(TrainingKernels kernels, int heads, int headDim) {
    this.kernels = kernels;
    this.heads = heads;
    this.headDim = headDim;
    this.dim = heads * headDim;
    this.factor = (float) (1 / Math.sqrt(headDim));
  }

  /** Fills {@code out} (rows, dim) for all rows of the spans. */
  void forward(List<Span> spans, float[] q, float[] k, float[] v, float[] out) {
    int size = 0;
    for (Span span : spans) {
      size += heads * span.rows * span.stride();
    }
    weights = ensureCapacity(weights, size);
    int at = 0;
    for (Span span : spans) {
      for (int head = 0; head < heads; head++) {
        forward(span, head * headDim, at, q, k, v, out);
        at += span.rows * span.stride();
      }
    }
  }

  private void forward(
      Span span, int column, int at, float[] q, float[] k, float[] v, float[] out) {
    int row = span.row * dim + column;
    if (span.keys == 0) {
      for (int r = 0; r < span.rows; r++) {
        Arrays.fill(out, row + r * dim, row + r * dim + headDim, 0);
      }
      return;
    }
    int stride = span.stride();
    byKeys(q, k, span, column, weights, at);
    for (int r = 0; r < span.rows; r++) {
      int from = at + r * stride;
      int sees = span.sees(r);
      weights[from + sees] = 0; // what the empty place scores
      kernels.softmax(weights, from, span.causal ? sees : sees + 1, factor);
      Arrays.fill(weights, from + sees, from + stride, 0);
    }
    int key = span.key * dim + column;
    kernels.product(
        weights, at, stride, v, key, dim, out, row, dim, span.rows, span.keys, headDim, false);
  }

  /** {@code out = X Y^T}: rows of the span by its keys. */
  private void byKeys(float[] x, float[] y, Span span, int column, float[] out, int at) {
    int stride = span.stride();
    transposed = ensureCapacity(transposed, headDim * stride);
    int key = span.key * dim + column;
    int row = span.row * dim + column;
    kernels.transpose(y, key, dim, span.keys, headDim, transposed, 0, stride);
    kernels.product(
        x, row, dim, transposed, 0, stride, out, at, stride, span.rows, headDim, span.keys, false);
  }

  /**
   * The derivatives; must follow {@link #forward} on the same spans.
   *
   * @param dOut (rows, dim) derivative with respect to what came out
   * @param dq (rows, dim) receives the derivative with respect to the queries
   * @param dk (keys, dim) is added to; likewise dv
   */
  void backward(
      List<Span> spans,
      float[] q,
      float[] k,
      float[] v,
      float[] dOut,
      float[] dq,
      float[] dk,
      float[] dv) {
    int at = 0;
    for (Span span : spans) {
      for (int head = 0; head < heads; head++) {
        backward(span, head * headDim, at, q, k, v, dOut, dq, dk, dv);
        at += span.rows * span.stride();
      }
    }
  }

  private void backward(
      Span span,
      int column,
      int at,
      float[] q,
      float[] k,
      float[] v,
      float[] dOut,
      float[] dq,
      float[] dk,
      float[] dv) {
    int row = span.row * dim + column;
    int key = span.key * dim + column;
    if (span.keys == 0) {
      for (int r = 0; r < span.rows; r++) {
        Arrays.fill(dq, row + r * dim, row + r * dim + headDim, 0);
      }
      return;
    }
    int stride = span.stride();
    slopes = ensureCapacity(slopes, span.rows * stride);
    byKeys(dOut, v, span, column, slopes, 0);
    for (int r = 0; r < span.rows; r++) {
      int sees = span.sees(r);
      kernels.softmaxBackward(weights, at + r * stride, slopes, r * stride, sees, factor);
      Arrays.fill(slopes, r * stride + sees, (r + 1) * stride, 0);
    }
    kernels.product(
        slopes, 0, stride, k, key, dim, dq, row, dim, span.rows, span.keys, headDim, false);
    addByRows(span, slopes, 0, q, row, dk, key);
    addByRows(span, weights, at, dOut, row, dv, key);
  }

  /** {@code out += X^T Y}: the span's keys, X (rows, keys), Y (rows, headDim). */
  private void addByRows(Span span, float[] x, int at, float[] y, int row, float[] out, int key) {
    int rowStride = AttentionSpan.round(span.rows);
    columns = ensureCapacity(columns, span.keys * rowStride);
    kernels.transpose(x, at, span.stride(), span.rows, span.keys, columns, 0, rowStride);
    kernels.product(
        columns, 0, rowStride, y, row, dim, out, key, dim, span.keys, span.rows, headDim, true);
  }
}
