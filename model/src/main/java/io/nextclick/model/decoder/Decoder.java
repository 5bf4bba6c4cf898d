// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.model.block.RowNorm;
import io.nextclick.model.encoder.EncodedPage;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.KeyValues;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.slate.Prefix;
import java.util.function.DoubleUnaryOperator;

/**
 * Says how likely a click on each candidate is at the next place of a page, after the items placed.
 * For any number of threads; a page is for one.
 */
public final class Decoder {

  /*
   * The decoder of Vaswani et al., "Attention is all you need", section 3.1, with the norms in front
   * of each step (Xiong et al., arXiv 2002.04745). A token is an item at a place: its vector in the
   * encoder, mapped, what it scores by itself, and the place. It sees the items placed before and
   * itself, then the history's outputs of the encoder. So the tokens of a page that was shown are
   * one causal sequence in training, and in serving each candidate is the last token of one: the
   * keys and values of the items placed serve them all.
   *
   * What comes out is added to the pointwise logit. Before training it is nothing.
   */

  private final DecoderConfig config;
  private final Kernels kernels;
  private final DecoderWeights weights;
  private final DecoderLayer[] layers;
  private final LinearMap item;
  private final RowNorm.Forward memoryNorm;
  private final RowNorm.Forward norm;

  /** Prepares the weights for a kernel. */
  public Decoder(DecoderWeights weights, Kernels kernels) {
    this.config = weights.config();
    this.kernels = kernels;
    this.weights = weights;
    this.layers = new DecoderLayer[config.layers()];
    for (int layer = 0; layer < layers.length; layer++) {
      layers[layer] = new DecoderLayer(weights, layer, kernels);
    }
    this.item = weights.linear("item", config.dim(), config.dim(), kernels);
    this.memoryNorm = norm("memory.norm");
    this.norm = norm("norm");
  }

  private RowNorm.Forward norm(String name) {
    return config.norm().forward(kernels, config.normAt(name), weights::get);
  }

  /** The shape of this decoder. */
  public DecoderConfig config() {
    return config;
  }

  /**
   * An empty page.
   *
   * @param pointwise (candidates,) the logits that the model answers with: those of the encoder, or
   *     what other parts made of them
   * @param probability of a logit
   */
  public Prefix page(EncodedPage encoded, float[] pointwise, DoubleUnaryOperator probability) {
    return new DecoderPage(this, encoded, pointwise, probability).empty();
  }

  /** Keys and values of a history for each layer. */
  KeyValues[] memory(float[] outputs) {
    int length = outputs.length / config.dim();
    float[] normed = new float[outputs.length];
    memoryNorm.apply(outputs, length, normed);
    KeyValues[] memory = new KeyValues[layers.length];
    for (int l = 0; l < layers.length; l++) {
      memory[l] = layers[l].memory(normed, length);
    }
    return memory;
  }

  /** No items placed. */
  KeyValues[] nothing() {
    KeyValues[] placed = new KeyValues[layers.length];
    for (int l = 0; l < layers.length; l++) {
      placed[l] = kernels.keyValues(0, config.heads(), config.headDim());
    }
    return placed;
  }

  /** What candidates (rows, dim) are at any place. */
  float[] tokens(EncodedPage encoded) {
    int candidates = encoded.logits().length;
    float[] tokens = new float[candidates * config.dim()];
    kernels.linear(item, encoded.items(), candidates, tokens, Epilogue.STORE);
    float[] direction = weights.get("logit");
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] += encoded.logits()[i / config.dim()] * direction[i % config.dim()];
    }
    return tokens;
  }

  /** Fills {@code s.logits} with what is added for {@code rows} tokens from {@code from} on. */
  void score(
      float[] tokens,
      int from,
      int rows,
      KeyValues[] placed,
      KeyValues[] memory,
      int place,
      DecoderScratch s) {
    begin(tokens, from, rows, place, s);
    for (int l = 0; l < layers.length; l++) {
      layers[l].run(placed[l], memory[l], rows, s);
    }
    norm.apply(s.x, rows, s.normed);
    kernels.rowDots(s.normed, 0, rows, weights.get("head.weight"), config.dim(), s.logits);
    float bias = weights.get("place.bias")[config.row(place)];
    for (int r = 0; r < rows; r++) {
      s.logits[r] += bias;
    }
  }

  /** The items placed and one more, token {@code candidate}. */
  KeyValues[] placing(
      float[] tokens,
      int candidate,
      KeyValues[] placed,
      KeyValues[] memory,
      int place,
      DecoderScratch s) {
    begin(tokens, candidate, 1, place, s);
    KeyValues[] with = new KeyValues[layers.length];
    for (int l = 0; l < layers.length; l++) {
      layers[l].run(placed[l], memory[l], 1, s);
      with[l] = placed[l].extended(1);
      kernels.append(with[l], s.keys, s.values, 1);
    }
    return with;
  }

  private void begin(float[] tokens, int from, int rows, int place, DecoderScratch s) {
    int dim = config.dim();
    System.arraycopy(tokens, from * dim, s.x, 0, rows * dim);
    float[] places = weights.get("place.embedding");
    for (int r = 0; r < rows; r++) {
      kernels.addRow(places, config.row(place), dim, s.x, r * dim);
    }
  }
}
