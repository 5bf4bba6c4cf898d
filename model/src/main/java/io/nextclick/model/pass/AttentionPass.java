// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.util.Arrays;

/**
 * Scaled dot-product attention of one layer over a packed batch, forward and backward.
 *
 * <p>Tokens see their own sequence up to themselves. A candidate sees the first tokens of its
 * sequence and itself. So one pass over a history serves every impression that followed it.
 */
final class AttentionPass {

  /*
   * S = Q K^T / sqrt(headDim), P = softmax(S), D = dropout(P), O = D V, sequence by sequence and
   * head by head. Backward:
   *
   *   dD = dO V^T     dP = dropout(dD)     dS = P (dP - sum dP P) / sqrt(headDim)
   *   dQ = dS K       dK = dS^T Q          dV = D^T dO
   *
   * Rows are tokens, then candidates. A row's own place is among its keys for a token, and behind
   * them for a candidate, whose key and value nobody else sees.
   *
   * Rows go in groups, so that the half that nobody sees is hardly computed.
   */

  private final TrainingKernels kernels;
  private final int dim;
  private final int heads;
  private final int headDim;
  private final float factor;

  private float[] weights = {}; // P of all sequences and heads, kept for the backward pass
  private float[] transposed = {}; // K^T or V^T of one head: (headDim, stride)
  private float[] dropped = {}; // D of one head: (rows, stride)
  private float[] slopes = {}; // dS of one head: (rows, stride)
  private float[] columns = {}; // D^T or dS^T: (tokens, rowStride)

  AttentionPass(TrainingKernels kernels, int heads, int headDim) {
    this.kernels = kernels;
    this.heads = heads;
    this.headDim = headDim;
    this.dim = heads * headDim;
    this.factor = (float) (1 / Math.sqrt(headDim));
  }

  private interface Visit {
    void span(AttentionSpan span, int head, int weightsAt);
  }

  private void forEach(PackedBatch batch, Visit visit) {
    Shown shown = batch.shown();
    int candidate = 0;
    int at = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      int from = candidate;
      while (candidate < shown.count() && shown.sequence()[candidate] == s) {
        candidate++;
      }
      int first = batch.start()[s];
      var span =
          new AttentionSpan(
              first, batch.start()[s + 1] - first, from, candidate - from, shown.visibleLength());
      for (int head = 0; head < heads; head++) {
        visit.span(span, head, at);
        at += span.rows() * span.stride();
      }
    }
  }

  /** Makes room; {@code out} as all others is (rows, dim), tokens first, then candidates. */
  void forward(
      PackedBatch batch, float[] q, float[] k, float[] v, float[] out, Dropout dropout, long site) {
    int[] need = new int[1];
    forEach(batch, (span, head, at) -> need[0] = at + span.rows() * span.stride());
    weights = ensureCapacity(weights, need[0]);
    forEach(
        batch,
        (span, head, at) -> {
          int stride = span.stride();
          transposed = ensureCapacity(transposed, headDim * stride);
          dropped = ensureCapacity(dropped, span.rows() * stride);
          transpose(k, span, head);
          for (int r = 0; r < span.rows(); r += span.group(r)) {
            int group = span.group(r);
            int limit = span.limit(r, group);
            int row = span.row(r, batch.tokens()) * dim + head * headDim;
            kernels.product(
                q,
                row,
                dim,
                transposed,
                0,
                stride,
                weights,
                at + r * stride,
                stride,
                group,
                headDim,
                limit,
                false);
            for (int i = 0; i < group; i++) {
              int own = row + i * dim;
              softmax(span, r + i, at, limit, q, k, own);
            }
            drop(span, r, group, limit, at, dropout, site + at);
            mix(span, head, r, group, limit, v, out, row);
          }
        });
  }

  private void transpose(float[] x, AttentionSpan span, int head) {
    kernels.transpose(
        x,
        span.first() * dim + head * headDim,
        dim,
        span.length(),
        headDim,
        transposed,
        0,
        span.stride());
  }

  private void softmax(
      AttentionSpan span, int r, int at, int limit, float[] q, float[] k, int own) {
    int row = at + r * span.stride();
    int length = span.visible(r);
    if (span.candidate(r)) {
      weights[row + length] = kernels.dot(q, own, k, own, headDim);
      length++;
    }
    kernels.softmax(weights, row, length, factor);
    if (limit > length) {
      Arrays.fill(weights, row + length, row + limit, 0);
    }
  }

  /** Fills {@code dropped} with the group's weights after dropout, own places included. */
  private void drop(
      AttentionSpan span, int r, int group, int limit, int at, Dropout dropout, long site) {
    int stride = span.stride();
    for (int i = 0; i < group; i++) {
      int row = (r + i) * stride;
      System.arraycopy(weights, at + row, dropped, row, Math.min(limit + 1, stride));
      int length = span.visible(r + i) + (span.candidate(r + i) ? 1 : 0);
      dropout.apply(dropped, row, length, site + row);
    }
  }

  /** Takes a candidate's own weight out of its row, so that the rest meets the tokens alone. */
  private static float takeOwn(float[] x, AttentionSpan span, int r) {
    int own = r * span.stride() + span.visible(r);
    float value = x[own];
    x[own] = 0;
    return value;
  }

  private void mix(
      AttentionSpan span, int head, int r, int group, int limit, float[] v, float[] out, int row) {
    int stride = span.stride();
    float[] own = new float[group];
    for (int i = 0; i < group; i++) {
      own[i] = span.candidate(r + i) ? takeOwn(dropped, span, r + i) : 0;
    }
    kernels.product(
        dropped,
        r * stride,
        stride,
        v,
        span.first() * dim + head * headDim,
        dim,
        out,
        row,
        dim,
        group,
        limit,
        headDim,
        false);
    for (int i = 0; i < group; i++) {
      if (span.candidate(r + i)) {
        kernels.addScaled(out, row + i * dim, v, row + i * dim, headDim, own[i]);
      }
    }
  }

  /**
   * The derivatives; must follow {@link #forward} on the same batch.
   *
   * @param dOut (rows, dim) derivative with respect to what came out
   * @param dq (rows, dim) receives the derivative with respect to the queries; likewise dk, dv
   */
  void backward(
      PackedBatch batch,
      float[] q,
      float[] k,
      float[] v,
      float[] dOut,
      float[] dq,
      float[] dk,
      float[] dv,
      Dropout dropout,
      long site) {
    int tokens = batch.tokens();
    forEach(
        batch,
        (span, head, at) -> {
          int stride = span.stride();
          transposed = ensureCapacity(transposed, headDim * stride);
          dropped = ensureCapacity(dropped, span.rows() * stride);
          slopes = ensureCapacity(slopes, span.rows() * stride);
          transpose(v, span, head);
          for (int r = 0; r < span.rows(); r += span.group(r)) {
            int group = span.group(r);
            int limit = span.limit(r, group);
            int row = span.row(r, tokens) * dim + head * headDim;
            drop(span, r, group, limit, at, dropout, site + at);
            kernels.product(
                dOut,
                row,
                dim,
                transposed,
                0,
                stride,
                slopes,
                r * stride,
                stride,
                group,
                headDim,
                limit,
                false);
            float[] ownSlopes = new float[group];
            for (int i = 0; i < group; i++) {
              int own = row + i * dim;
              ownSlopes[i] = slope(span, r + i, limit, at, v, dOut, own, dropout, site + at);
            }
            kernels.product(
                slopes,
                r * stride,
                stride,
                k,
                span.first() * dim + head * headDim,
                dim,
                dq,
                row,
                dim,
                group,
                limit,
                headDim,
                false);
            if (span.candidate(r)) {
              ownPlaces(span, r, group, row, ownSlopes, q, k, dOut, dq, dk, dv);
            }
          }
          byColumn(span, head, slopes, q, dk, tokens);
          byColumn(span, head, dropped, dOut, dv, tokens);
        });
  }

  /** Makes a row of dD into dS; returns the slope of a candidate's own place. */
  private float slope(
      AttentionSpan span,
      int r,
      int limit,
      int at,
      float[] v,
      float[] dOut,
      int own,
      Dropout dropout,
      long site) {
    int stride = span.stride();
    int row = r * stride;
    int length = span.visible(r);
    if (span.candidate(r)) {
      slopes[row + length] = kernels.dot(dOut, own, v, own, headDim);
      length++;
    }
    dropout.apply(slopes, row, length, site + row);
    kernels.softmaxBackward(weights, at + row, slopes, row, length, factor);
    if (limit > length) {
      Arrays.fill(slopes, row + length, row + limit, 0);
    }
    return span.candidate(r) ? takeOwn(slopes, span, r) : 0;
  }

  private void ownPlaces(
      AttentionSpan span,
      int r,
      int group,
      int row,
      float[] ownSlopes,
      float[] q,
      float[] k,
      float[] dOut,
      float[] dq,
      float[] dk,
      float[] dv) {
    for (int i = 0; i < group; i++) {
      int own = row + i * dim;
      kernels.addScaled(dq, own, k, own, headDim, ownSlopes[i]);
      Arrays.fill(dk, own, own + headDim, 0);
      kernels.addScaled(dk, own, q, own, headDim, ownSlopes[i]);
      float weight = takeOwn(dropped, span, r + i);
      Arrays.fill(dv, own, own + headDim, 0);
      kernels.addScaled(dv, own, dOut, own, headDim, weight);
    }
  }

  /** {@code out = X^T Y} for the tokens of a sequence: X (rows, tokens), Y (rows, headDim). */
  private void byColumn(
      AttentionSpan span, int head, float[] x, float[] y, float[] out, int tokens) {
    int stride = span.stride();
    int rowStride = AttentionSpan.round(span.rows());
    columns = ensureCapacity(columns, span.length() * rowStride);
    for (int r = 0; r < span.rows(); r += span.group(r)) {
      int group = span.group(r);
      int width = span.candidate(r) ? span.length() : span.limit(r, group);
      if (span.candidate(r)) {
        clearBeyond(x, span, r, group);
      }
      kernels.transpose(x, r * stride, stride, group, width, columns, r, rowStride);
    }
    for (int t = 0; t < span.length(); t += AttentionSpan.GROUP) {
      int group = Math.min(AttentionSpan.GROUP, span.length() - t);
      int to = (span.first() + t) * dim + head * headDim;
      kernels.product(
          columns,
          t * rowStride + t,
          rowStride,
          y,
          to,
          dim,
          out,
          to,
          dim,
          group,
          span.length() - t,
          headDim,
          false);
      if (span.candidates() > 0) {
        kernels.product(
            columns,
            t * rowStride + span.length(),
            rowStride,
            y,
            span.row(span.length(), tokens) * dim + head * headDim,
            dim,
            out,
            to,
            dim,
            group,
            span.candidates(),
            headDim,
            true);
      }
    }
  }

  /** Zero where the group's candidates do not look. */
  private static void clearBeyond(float[] x, AttentionSpan span, int r, int group) {
    for (int i = 0; i < group; i++) {
      int row = (r + i) * span.stride();
      Arrays.fill(x, row + span.visible(r + i), row + span.length(), 0);
    }
  }
}
