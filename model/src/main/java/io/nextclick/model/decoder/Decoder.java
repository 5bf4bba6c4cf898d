// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.encoder.EncodedPage;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.KeyValues;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.slate.Prefix;
import java.util.Arrays;
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
   * Softmax attention weighs the items placed against each other and does not know how many there
   * are, so that each of a kind taking from the next is hard to learn. What each does to a candidate
   * is therefore summed as well, unnormalised (Zhai et al., arXiv 2402.17152, section 3.1, say why): the dot
   * product of the candidate's query with the sum of the placed items' keys. That sum begins with a
   * key of the history: what an item is worth by itself has been learnt from pages, with what usually
   * stood there.
   *
   * What comes out is added to the pointwise logit. Before training it is nothing.
   */

  private final DecoderConfig config;
  private final Kernels kernels;
  private final DecoderWeights weights;
  private final DecoderLayer[] layers;
  private final LinearMap item;
  private final LinearMap pairQuery;
  private final LinearMap pairKey;
  private final LinearMap pairHistory;
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
    this.pairQuery = weights.linear("pair.query", config.dim(), config.dim(), kernels);
    this.pairKey = weights.linear("pair.key", config.dim(), config.dim(), kernels);
    this.pairHistory = weights.linear("pair.history", config.dim(), config.dim(), kernels);
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

  /** The encoder's outputs (history, dim) as the decoder reads them. */
  float[] normed(float[] outputs) {
    float[] normed = new float[outputs.length];
    memoryNorm.apply(outputs, outputs.length / config.dim(), normed);
    return normed;
  }

  /** What a history (history, dim), normed, does to candidates: (dim,). */
  float[] pairHistory(float[] normed) {
    int dim = config.dim();
    float[] key = new float[dim];
    if (normed.length > 0) {
      float[] last = Arrays.copyOfRange(normed, normed.length - dim, normed.length);
      kernels.linear(pairHistory, last, 1, key, Epilogue.STORE);
    }
    return key;
  }

  /** Keys and values of a history (history, dim), normed, for each layer. */
  KeyValues[] memory(float[] normed) {
    int length = normed.length / config.dim();
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

  /** The vectors (candidates, dim) of candidates: the encoder's of items without a row. */
  float[] items(EncodedPage encoded) {
    float[] table = weights.get("item.embedding");
    float[] items = encoded.items().clone();
    for (int c = 0; c < encoded.rows().length; c++) {
      if (encoded.rows()[c] != Vocabulary.UNKNOWN) {
        int dim = config.dim();
        System.arraycopy(table, encoded.rows()[c] * dim, items, c * dim, dim);
      }
    }
    return items;
  }

  /**
   * What candidates (rows, dim) are at any place.
   *
   * @param items of {@link #items}
   */
  float[] tokens(float[] items, EncodedPage encoded) {
    float[] tokens = mapped(item, items);
    float[] direction = weights.get("logit");
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] += encoded.logits()[i / config.dim()] * direction[i % config.dim()];
    }
    return tokens;
  }

  /** What candidates (rows, dim) ask of the items placed. */
  float[] pairQueries(float[] items) {
    return mapped(pairQuery, items);
  }

  /** What candidates (rows, dim) do to those after them. */
  float[] pairKeys(float[] items) {
    return mapped(pairKey, items);
  }

  private float[] mapped(LinearMap map, float[] items) {
    float[] out = new float[items.length];
    kernels.linear(map, items, items.length / config.dim(), out, Epilogue.STORE);
    return out;
  }

  /** Adds to {@code s.logits} what the items placed do, the sum of their keys (dim). */
  void addPairs(float[] queries, int rows, float[] sum, DecoderScratch s) {
    kernels.rowDots(queries, 0, rows, sum, config.dim(), s.pairs);
    for (int r = 0; r < rows; r++) {
      s.logits[r] += s.pairs[r];
    }
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
