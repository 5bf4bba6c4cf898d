// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.pass.DecoderLayerPass.DecoderScratch;
import io.nextclick.model.pass.EncoderPass.Encoded;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.LinearPass;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import io.nextclick.model.weights.Parameters;
import java.util.Arrays;

/**
 * The decoder over the pages of a packed batch, forward and backward, each item after those that
 * were shown before it (teacher forcing).
 *
 * <p>For one thread.
 */
public final class DecoderPass {

  private static final long INPUT_SITE = 0;

  private final TrainingKernels kernels;
  private final DecoderConfig config;
  private final Parameters parameters;
  private final float[] table;
  private final LinearPass item;
  private final PairPass pairs;
  private final RowNorm.Pass memoryNorm;
  private final RowNorm.Pass norm;
  private final DecoderLayerPass[] layers;
  private final DecoderScratch scratch = new DecoderScratch();
  private final int transposed;

  private int[] rows = {}; // (rows) of the decoder's own table
  private float[] items = {}; // (rows, dim) the items' vectors
  private float[] dItems = {};
  private float[] x = {}; // (rows, dim)
  private float[] memory = {}; // (tokens, dim) the encoder's outputs, normed
  private float[] dMemory = {};
  private float[] states = {}; // (rows, dim) what comes out, normed
  private float[] dy = {}; // (rows, dim)
  private float[] dx = {};
  private double[] added = {}; // (rows) to the logits, by pairs
  private float[] slopes = {}; // (rows) by the logits

  /**
   * For one thread; {@link #renew} before the first run.
   *
   * @param table (items + 1, dim) the decoder's own vectors of items, live; the gradient is that of
   *     its rows
   */
  public DecoderPass(
      TrainingKernels kernels, DecoderConfig config, Parameters parameters, float[] table) {
    this.table = table;
    this.kernels = kernels;
    this.config = config;
    this.parameters = parameters;
    int dim = config.dim();
    this.item = new LinearPass(kernels, parameters, "item", dim, dim);
    this.pairs = new PairPass(kernels, parameters, dim);
    this.memoryNorm = norm("memory.norm");
    this.norm = norm("norm");
    this.layers = new DecoderLayerPass[config.layers()];
    int most = item.scratch();
    for (int l = 0; l < layers.length; l++) {
      layers[l] = new DecoderLayerPass(kernels, config, parameters, l);
      most = Math.max(most, layers[l].scratch());
    }
    this.transposed = most;
  }

  private RowNorm.Pass norm(String name) {
    return config.norm().pass(kernels, config.normAt(name), parameters::get);
  }

  /** Takes new weights in; before the first run and after each step. */
  public void renew() {
    item.renew();
    pairs.renew();
    for (DecoderLayerPass layer : layers) {
      layer.renew();
    }
  }

  /**
   * Forward and backward: binary cross-entropy of every item shown on a page.
   *
   * @param encoded what the encoder says of the batch
   * @param vectors of the items
   * @param dStates (rows, dim) the derivative by the encoder's states is added to it
   * @param dLogits (candidates,) the derivative by the encoder's logits is added to it
   * @return the loss; the gradient is added to {@code gradient}
   */
  public double run(
      PackedBatch batch,
      Encoded encoded,
      ItemVectors vectors,
      Dropout dropout,
      Gradient gradient,
      float[] dStates,
      float[] dLogits) {
    PageSpans pages = PageSpans.of(batch);
    if (pages.rows() == 0) {
      return 0;
    }
    int size = pages.rows() * config.dim();
    reserve(size, pages);
    memoryNorm.forward(encoded.states(), pages.tokens(), memory);
    float[] y = forward(batch, pages, encoded, vectors, dropout);
    norm.forward(y, pages.rows(), states);
    double loss = loss(batch, pages, encoded, gradient);
    norm.backward(y, dy, pages.rows(), dy, gradient);
    Arrays.fill(dMemory, 0, pages.tokens() * config.dim(), 0);
    pairs.backward(pages, items, slopes, dMemory, dItems, gradient, scratch.transposed);
    float[] slope = dy;
    float[] other = dx;
    for (int l = layers.length - 1; l >= 0; l--) {
      layers[l].backward(pages, slope, other, memory, dMemory, scratch, gradient, dropout);
      float[] swap = slope;
      slope = other;
      other = swap;
    }
    dropout.apply(slope, 0, size, INPUT_SITE);
    embedBackward(pages, encoded, slope, gradient, dLogits);
    memoryNorm.backward(encoded.states(), dMemory, pages.tokens(), dMemory, gradient);
    kernels.add(dStates, dMemory, pages.tokens() * config.dim());
    return loss;
  }

  /** Items that were shown on pages. */
  public static int rows(Shown shown) {
    int rows = 0;
    for (int place : shown.place()) {
      rows += place >= 0 ? 1 : 0;
    }
    return rows;
  }

  private float[] forward(
      PackedBatch batch, PageSpans pages, Encoded encoded, ItemVectors vectors, Dropout dropout) {
    int dim = config.dim();
    int[] candidates = pages.candidates();
    for (int r = 0; r < pages.rows(); r++) {
      int c = candidates[r];
      int row = batch.shown().items()[c];
      boolean unknown = row == Vocabulary.UNKNOWN || batch.unknown()[batch.tokens() + c];
      rows[r] = unknown ? Vocabulary.UNKNOWN : row;
      if (unknown) {
        vectors.copy(row, true, items, r * dim);
      } else {
        System.arraycopy(table, row * dim, items, r * dim, dim);
      }
    }
    pairs.forward(pages, items, memory, added);
    item.forward(items, pages.rows(), x);
    float[] logit = parameters.get("logit");
    float[] place = parameters.get("place.embedding");
    for (int r = 0; r < pages.rows(); r++) {
      kernels.addScaled(x, r * dim, logit, 0, dim, (float) encoded.logits()[candidates[r]]);
      kernels.addScaled(x, r * dim, place, config.row(pages.places()[r]) * dim, dim, 1);
    }
    dropout.apply(x, 0, pages.rows() * dim, INPUT_SITE);
    float[] y = x;
    for (DecoderLayerPass layer : layers) {
      y = layer.forward(pages, y, memory, dropout);
    }
    return y;
  }

  /** Fills {@code dy} with the derivative with respect to {@code states}. */
  private double loss(PackedBatch batch, PageSpans pages, Encoded encoded, Gradient gradient) {
    int dim = config.dim();
    float[] head = parameters.get("head.weight");
    float[] bias = parameters.get("place.bias");
    float[] dHead = gradient.get("head.weight");
    float[] dBias = gradient.get("place.bias");
    double loss = 0;
    Arrays.fill(dy, 0, pages.rows() * dim, 0);
    for (int r = 0; r < pages.rows(); r++) {
      int c = pages.candidates()[r];
      int row = config.row(pages.places()[r]);
      double s = encoded.logits()[c] + kernels.dot(states, r * dim, head, 0, dim);
      s += bias[row] + added[r];
      float label = batch.shown().labels()[c];
      float weight = batch.shown().weights()[c];
      loss += weight * (Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - label * s);
      float slope = (float) (weight * (1 / (1 + Math.exp(-s)) - label));
      kernels.addScaled(dy, r * dim, head, 0, dim, slope);
      kernels.addScaled(dHead, 0, states, r * dim, dim, slope);
      dBias[row] += slope;
      slopes[r] = slope;
    }
    return loss;
  }

  private void embedBackward(
      PageSpans pages, Encoded encoded, float[] slope, Gradient gradient, float[] dLogits) {
    float[] direction = parameters.get("logit");
    int dim = config.dim();
    float[] dLogit = gradient.get("logit");
    float[] dPlace = gradient.get("place.embedding");
    for (int r = 0; r < pages.rows(); r++) {
      int candidate = pages.candidates()[r];
      float logit = (float) encoded.logits()[candidate];
      dLogits[candidate] += slopes[r] + kernels.dot(slope, r * dim, direction, 0, dim);
      kernels.addScaled(dLogit, 0, slope, r * dim, dim, logit);
      kernels.addScaled(dPlace, config.row(pages.places()[r]) * dim, slope, r * dim, dim, 1);
    }
    item.backward(items, slope, pages.rows(), dItems, true, gradient, scratch.transposed);
    for (int r = 0; r < pages.rows(); r++) {
      if (rows[r] != Vocabulary.UNKNOWN) {
        float[] slopes = gradient.row("item.embedding", rows[r]);
        kernels.addScaled(slopes, rows[r] * dim, dItems, r * dim, dim, 1);
      }
    }
  }

  private void reserve(int size, PageSpans pages) {
    int keys = pages.tokens() * config.dim();
    added = added.length < pages.rows() ? new double[pages.rows() * 5 / 4] : added;
    slopes = ensureCapacity(slopes, pages.rows());
    rows = rows.length < pages.rows() ? new int[pages.rows() * 5 / 4] : rows;
    items = ensureCapacity(items, size);
    dItems = ensureCapacity(dItems, size);
    x = ensureCapacity(x, size);
    states = ensureCapacity(states, size);
    dy = ensureCapacity(dy, size);
    dx = ensureCapacity(dx, size);
    memory = ensureCapacity(memory, keys);
    dMemory = ensureCapacity(dMemory, keys);
    int hidden = config.hidden().maps() * config.feedForward();
    scratch.reserve(size, keys, pages.rows() * hidden, transposed);
  }
}
