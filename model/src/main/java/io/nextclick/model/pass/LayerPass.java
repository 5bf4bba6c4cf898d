// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.block.HiddenLayer;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Norm;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;

/**
 * One encoder layer over a packed batch, forward and backward, with what the backward pass needs.
 *
 * <p>The three placements of the norms are those of {@link EncoderConfig.Norm}.
 */
final class LayerPass {

  /*
   *            PRE                      POST                     SASREC
   * queries    n1 = LN1(x)              x                        n1 = LN1(x)
   * keys       n1                       x                        x
   * h          x + drop(A Wo)           x + drop(A Wo)           n1 + A Wo
   * f          n2 = LN2(h)              n1 = LN1(h)              n2 = LN2(h)
   * y          h + drop(F(f))           LN2(f + drop(F(f)))      f + drop(F(f))
   *
   * with F(f) = drop(hidden(f)) W2, where `hidden` is the activation's. LN1 and LN2 are whatever
   * normalises in this model; what LN1 makes lies in `normed1`, and LN2 likewise.
   */

  private static final int SITES = 4;
  private static final long SITE_STEP = 1L << 40;

  private final TrainingKernels kernels;
  private final EncoderConfig config;
  private final LayerWeights weights;
  private final AttentionPass attention;
  private final HiddenLayer.Pass hiddenLayer;
  private final long firstSite;

  private float[] x = {}; // (rows, dim) the input, of the layer before
  private float[] normed1 = {};
  private float[] q = {};
  private float[] k = {};
  private float[] v = {};
  private float[] attended = {};
  private float[] h = {};
  private float[] normed2 = {};
  private float[] hidden = {}; // (rows, feedForward)
  private float[] sum = {}; // with POST: what LN2 norms
  private float[] y = {}; // (rows, dim)

  LayerPass(TrainingKernels kernels, EncoderConfig config, LayerWeights weights, int index) {
    this.kernels = kernels;
    this.config = config;
    this.weights = weights;
    this.attention = new AttentionPass(kernels, config.heads(), config.headDim());
    this.hiddenLayer = config.activation().hidden().pass(kernels, weights.feedForwardIn());
    this.firstSite = (1L + index) * SITES * SITE_STEP;
  }

  /** The layer's output (rows, dim) for the input {@code x}, which must stay as it is. */
  float[] forward(PackedBatch batch, float[] x, Dropout dropout) {
    int rows = batch.tokens() + batch.shown().count();
    int size = rows * config.dim();
    reserve(size, rows * config.feedForward());
    this.x = x;
    Norm norm = config.norm();
    if (norm != Norm.POST) {
      weights.norm1().forward(x, rows, normed1);
    }
    float[] querySource = norm == Norm.POST ? x : normed1;
    float[] keySource = norm == Norm.PRE ? normed1 : x;
    weights.query().forward(querySource, rows, q);
    weights.key().forward(keySource, rows, k);
    weights.value().forward(keySource, rows, v);
    attention.forward(batch, q, k, v, attended, dropout, firstSite);
    weights.output().forward(attended, rows, h);
    if (norm != Norm.SASREC) {
      dropout.apply(h, 0, size, firstSite + SITE_STEP);
    }
    kernels.add(h, norm == Norm.SASREC ? normed1 : x, size);
    if (norm == Norm.POST) {
      weights.norm1().forward(h, rows, normed1);
    } else {
      weights.norm2().forward(h, rows, normed2);
    }
    float[] f = norm == Norm.POST ? normed1 : normed2;
    float[] out = norm == Norm.POST ? sum : y;
    feedForward(f, rows, out, dropout);
    kernels.add(out, norm == Norm.PRE ? h : f, size);
    if (norm == Norm.POST) {
      weights.norm2().forward(sum, rows, y);
    }
    return y;
  }

  private void feedForward(float[] f, int rows, float[] out, Dropout dropout) {
    int length = rows * config.feedForward();
    hiddenLayer.forward(f, rows, hidden);
    dropout.apply(hidden, 0, length, firstSite + 2 * SITE_STEP);
    weights.feedForwardOut().forward(hidden, rows, out);
    dropout.apply(out, 0, rows * config.dim(), firstSite + 3 * SITE_STEP);
  }

  /**
   * The derivative with respect to the input; must follow {@link #forward}.
   *
   * @param dy (rows, dim) derivative with respect to the output; is overwritten
   * @param dx (rows, dim) receives the derivative with respect to the input
   */
  void backward(
      PackedBatch batch, float[] dy, float[] dx, Scratch s, Gradient gradient, Dropout dropout) {
    int rows = batch.tokens() + batch.shown().count();
    int size = rows * config.dim();
    Norm norm = config.norm();
    if (norm == Norm.POST) {
      weights.norm2().backward(sum, dy, rows, dy, gradient);
    }
    // dy: by the sum of both branches. df: by the input of the feed-forward network.
    float[] df = s.first;
    feedForwardBackward(norm == Norm.POST ? normed1 : normed2, dy, df, rows, s, gradient, dropout);
    float[] dh = s.second;
    if (norm == Norm.PRE) {
      weights.norm2().backward(h, df, rows, dh, gradient);
      kernels.add(dh, dy, size);
    } else {
      kernels.add(df, dy, size);
      if (norm == Norm.POST) {
        weights.norm1().backward(h, df, rows, dh, gradient);
      } else {
        weights.norm2().backward(h, df, rows, dh, gradient);
      }
    }
    attentionBackward(batch, dh, dx, rows, s, gradient, dropout);
  }

  private void feedForwardBackward(
      float[] f, float[] dy, float[] df, int rows, Scratch s, Gradient gradient, Dropout dropout) {
    int size = rows * config.dim();
    int length = rows * config.feedForward();
    float[] dOut = s.third;
    System.arraycopy(dy, 0, dOut, 0, size);
    dropout.apply(dOut, 0, size, firstSite + 3 * SITE_STEP);
    weights.feedForwardOut().backward(hidden, dOut, rows, s.hidden, false, gradient, s.transposed);
    dropout.apply(s.hidden, 0, length, firstSite + 2 * SITE_STEP);
    hiddenLayer.backward(f, hidden, s.hidden, rows, df, gradient, s.transposed);
  }

  /** From dh back through the attention and the first norm to dx. */
  private void attentionBackward(
      PackedBatch batch,
      float[] dh,
      float[] dx,
      int rows,
      Scratch s,
      Gradient gradient,
      Dropout dropout) {
    int size = rows * config.dim();
    Norm norm = config.norm();
    float[] dMixed = s.first;
    System.arraycopy(dh, 0, dMixed, 0, size);
    if (norm != Norm.SASREC) {
      dropout.apply(dMixed, 0, size, firstSite + SITE_STEP);
    }
    float[] dAttended = s.third;
    weights.output().backward(attended, dMixed, rows, dAttended, false, gradient, s.transposed);
    attention.backward(batch, q, k, v, dAttended, s.dq, s.dk, s.dv, dropout, firstSite);
    float[] querySource = norm == Norm.POST ? x : normed1;
    float[] keySource = norm == Norm.PRE ? normed1 : x;
    float[] dn = s.first;
    weights.query().backward(querySource, s.dq, rows, dn, false, gradient, s.transposed);
    float[] dKeys = norm == Norm.SASREC ? dx : dn;
    weights
        .key()
        .backward(keySource, s.dk, rows, dKeys, norm != Norm.SASREC, gradient, s.transposed);
    weights.value().backward(keySource, s.dv, rows, dKeys, true, gradient, s.transposed);
    switch (norm) {
      case PRE -> {
        weights.norm1().backward(x, dn, rows, dx, gradient);
        kernels.add(dx, dh, size);
      }
      case POST -> {
        System.arraycopy(dn, 0, dx, 0, size);
        kernels.add(dx, dh, size);
      }
      case SASREC -> {
        kernels.add(dn, dh, size);
        weights.norm1().backward(x, dn, rows, dn, gradient);
        kernels.add(dx, dn, size);
      }
    }
  }

  private void reserve(int size, int innerSize) {
    normed1 = ensureCapacity(normed1, size);
    q = ensureCapacity(q, size);
    k = ensureCapacity(k, size);
    v = ensureCapacity(v, size);
    attended = ensureCapacity(attended, size);
    h = ensureCapacity(h, size);
    normed2 = ensureCapacity(normed2, size);
    hidden = ensureCapacity(hidden, innerSize);
    y = ensureCapacity(y, size);
    if (config.norm() == Norm.POST) {
      sum = ensureCapacity(sum, size);
    }
  }
}
