// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.block.HiddenLayer;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.pass.SpanAttention.Span;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.LinearPass;
import io.nextclick.model.weights.Parameters;
import java.util.Arrays;
import java.util.List;

/**
 * One decoder layer over the pages of a batch, forward and backward, with what the backward pass
 * needs.
 */
final class DecoderLayerPass {

  /*
   * n1 = LN1(x)    h1 = x + drop(self(n1, n1) Wo)         within a page, causal
   * n2 = LN2(h1)   h2 = h1 + drop(cross(n2, memory) Wo)
   * n3 = LN3(h2)   y = h2 + drop(hidden(n3) W2)
   */

  private static final int SITES = 3;
  private static final long SITE_STEP = 1L << 40;

  /** One attention's maps, dim -> dim. */
  private record Maps(LinearPass query, LinearPass key, LinearPass value, LinearPass output) {
    static Maps of(TrainingKernels kernels, Parameters parameters, String name, int dim) {
      return new Maps(
          new LinearPass(kernels, parameters, name + ".query", dim, dim),
          new LinearPass(kernels, parameters, name + ".key", dim, dim),
          new LinearPass(kernels, parameters, name + ".value", dim, dim),
          new LinearPass(kernels, parameters, name + ".output", dim, dim));
    }

    void renew() {
      query.renew();
      key.renew();
      value.renew();
      output.renew();
    }
  }

  /** What one attention made, all (rows, dim) but keys and values of a memory. */
  private static final class Made {
    float[] normed = {};
    float[] q = {};
    float[] k = {};
    float[] v = {};
    float[] attended = {};
    float[] h = {};

    void reserve(int size, int keys) {
      normed = ensureCapacity(normed, size);
      q = ensureCapacity(q, size);
      k = ensureCapacity(k, keys);
      v = ensureCapacity(v, keys);
      attended = ensureCapacity(attended, size);
      h = ensureCapacity(h, size);
    }
  }

  private final TrainingKernels kernels;
  private final DecoderConfig config;
  private final Maps self;
  private final Maps cross;
  private final RowNorm.Pass norm1;
  private final RowNorm.Pass norm2;
  private final RowNorm.Pass norm3;
  private final LinearPass feedForwardIn;
  private final LinearPass feedForwardOut;
  private final HiddenLayer.Pass hiddenLayer;
  private final SpanAttention toPlaced;
  private final SpanAttention toHistory;
  private final long firstSite;

  private final Made first = new Made();
  private final Made second = new Made();
  private float[] x = {}; // the input, of the layer before
  private float[] normed3 = {};
  private float[] hidden = {}; // (rows, feedForward)
  private float[] y = {};

  DecoderLayerPass(
      TrainingKernels kernels, DecoderConfig config, Parameters parameters, int index) {
    String name = "layers." + index + ".";
    int dim = config.dim();
    this.kernels = kernels;
    this.config = config;
    this.self = Maps.of(kernels, parameters, name + "self", dim);
    this.cross = Maps.of(kernels, parameters, name + "cross", dim);
    this.norm1 = config.norm().pass(kernels, config.normAt(name + "norm1"), parameters::get);
    this.norm2 = config.norm().pass(kernels, config.normAt(name + "norm2"), parameters::get);
    this.norm3 = config.norm().pass(kernels, config.normAt(name + "norm3"), parameters::get);
    int inner = config.feedForward();
    int mapped = config.hidden().maps() * inner;
    this.feedForwardIn = new LinearPass(kernels, parameters, name + "feedforward.in", mapped, dim);
    this.feedForwardOut = new LinearPass(kernels, parameters, name + "feedforward.out", dim, inner);
    this.hiddenLayer = config.hidden().pass(kernels, feedForwardIn);
    this.toPlaced = new SpanAttention(kernels, config.heads(), config.headDim());
    this.toHistory = new SpanAttention(kernels, config.heads(), config.headDim());
    this.firstSite = (1L + index) * SITES * SITE_STEP;
  }

  /** Takes new weights in. */
  void renew() {
    self.renew();
    cross.renew();
    feedForwardIn.renew();
    feedForwardOut.renew();
  }

  /** Values of scratch memory that any of the maps needs. */
  int scratch() {
    return Math.max(feedForwardIn.scratch(), feedForwardOut.scratch());
  }

  /** The layer's output (rows, dim) for the input {@code x}, which must stay as it is. */
  float[] forward(PageSpans pages, float[] x, float[] memory, Dropout dropout) {
    int rows = pages.rows();
    int size = rows * config.dim();
    this.x = x;
    first.reserve(size, size);
    second.reserve(size, pages.tokens() * config.dim());
    normed3 = ensureCapacity(normed3, size);
    hidden = ensureCapacity(hidden, rows * config.feedForward());
    y = ensureCapacity(y, size);
    norm1.forward(x, rows, first.normed);
    self.key.forward(first.normed, rows, first.k);
    self.value.forward(first.normed, rows, first.v);
    attend(self, toPlaced, pages.placed(), first, rows, x, dropout, firstSite);
    norm2.forward(first.h, rows, second.normed);
    cross.key.forward(memory, pages.tokens(), second.k);
    cross.value.forward(memory, pages.tokens(), second.v);
    attend(
        cross, toHistory, pages.history(), second, rows, first.h, dropout, firstSite + SITE_STEP);
    norm3.forward(second.h, rows, normed3);
    hiddenLayer.forward(normed3, rows, hidden);
    feedForwardOut.forward(hidden, rows, y);
    dropout.apply(y, 0, size, firstSite + 2 * SITE_STEP);
    kernels.add(y, second.h, size);
    return y;
  }

  private void attend(
      Maps maps,
      SpanAttention attention,
      List<Span> spans,
      Made made,
      int rows,
      float[] residual,
      Dropout dropout,
      long site) {
    int size = rows * config.dim();
    maps.query.forward(made.normed, rows, made.q);
    attention.forward(spans, made.q, made.k, made.v, made.attended);
    maps.output.forward(made.attended, rows, made.h);
    dropout.apply(made.h, 0, size, site);
    kernels.add(made.h, residual, size);
  }

  /**
   * The derivative with respect to the input; must follow {@link #forward}.
   *
   * @param dy (rows, dim) derivative with respect to the output; is overwritten
   * @param dx (rows, dim) receives the derivative with respect to the input
   * @param memory (tokens, dim) what {@link #forward} was given
   * @param dMemory (tokens, dim) the derivative with respect to the memory is added to it
   */
  void backward(
      PageSpans pages,
      float[] dy,
      float[] dx,
      float[] memory,
      float[] dMemory,
      DecoderScratch s,
      Gradient gradient,
      Dropout dropout) {
    int rows = pages.rows();
    int size = rows * config.dim();
    // dh2 = dy + what comes back through the feed-forward network; dy is the sum from here on.
    copy(dy, s.branch, size);
    dropout.apply(s.branch, 0, size, firstSite + 2 * SITE_STEP);
    feedForwardOut.backward(hidden, s.branch, rows, s.hidden, false, gradient, s.transposed);
    hiddenLayer.backward(normed3, hidden, s.hidden, rows, s.normed, gradient, s.transposed);
    norm3.backward(second.h, s.normed, rows, s.normed, gradient);
    kernels.add(dy, s.normed, size);

    int keys = pages.tokens();
    Arrays.fill(s.dk, 0, keys * config.dim(), 0);
    Arrays.fill(s.dv, 0, keys * config.dim(), 0);
    back(
        cross,
        toHistory,
        pages.history(),
        second,
        rows,
        dy,
        s,
        gradient,
        dropout,
        firstSite + SITE_STEP);
    cross.key.backward(memory, s.dk, keys, dMemory, true, gradient, s.transposed);
    cross.value.backward(memory, s.dv, keys, dMemory, true, gradient, s.transposed);
    norm2.backward(first.h, s.normed, rows, s.normed, gradient);
    kernels.add(dy, s.normed, size);

    Arrays.fill(s.dk, 0, size, 0);
    Arrays.fill(s.dv, 0, size, 0);
    back(self, toPlaced, pages.placed(), first, rows, dy, s, gradient, dropout, firstSite);
    self.key.backward(first.normed, s.dk, rows, s.normed, true, gradient, s.transposed);
    self.value.backward(first.normed, s.dv, rows, s.normed, true, gradient, s.transposed);
    norm1.backward(x, s.normed, rows, dx, gradient);
    kernels.add(dx, dy, size);
  }

  /** From the sum behind an attention to its queries' input, in {@code s.normed}. */
  private void back(
      Maps maps,
      SpanAttention attention,
      List<Span> spans,
      Made made,
      int rows,
      float[] dh,
      DecoderScratch s,
      Gradient gradient,
      Dropout dropout,
      long site) {
    int size = rows * config.dim();
    copy(dh, s.branch, size);
    dropout.apply(s.branch, 0, size, site);
    maps.output.backward(made.attended, s.branch, rows, s.attended, false, gradient, s.transposed);
    attention.backward(spans, made.q, made.k, made.v, s.attended, s.dq, s.dk, s.dv);
    maps.query.backward(made.normed, s.dq, rows, s.normed, false, gradient, s.transposed);
  }

  private static void copy(float[] from, float[] to, int size) {
    System.arraycopy(from, 0, to, 0, size);
  }

  /** The memory that the backward passes of all layers share. */
  static final class DecoderScratch {
    float[] branch = {}; // (rows, dim), as are normed, attended and dq
    float[] normed = {};
    float[] attended = {};
    float[] dq = {};
    float[] dk = {}; // (rows or tokens, dim)
    float[] dv = {};
    float[] hidden = {}; // (rows, feedForward)
    float[] transposed = {};

    void reserve(int size, int keys, int innerSize, int transposedSize) {
      branch = ensureCapacity(branch, size);
      normed = ensureCapacity(normed, size);
      attended = ensureCapacity(attended, size);
      dq = ensureCapacity(dq, size);
      dk = ensureCapacity(dk, Math.max(size, keys));
      dv = ensureCapacity(dv, Math.max(size, keys));
      hidden = ensureCapacity(hidden, innerSize);
      transposed = ensureCapacity(transposed, transposedSize);
    }
  }
}
