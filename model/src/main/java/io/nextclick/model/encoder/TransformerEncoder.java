// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Visits;
import io.nextclick.model.encoder.EncoderConfig.Activation;
import io.nextclick.model.encoder.EncoderConfig.Anchor;
import io.nextclick.model.encoder.EncoderConfig.Norm;
import io.nextclick.model.encoder.EncoderConfig.Positions;
import io.nextclick.model.encoder.EncoderConfig.Scoring;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.KeyValues;
import io.nextclick.model.retrieve.InnerProductSearch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Transformer encoder: reads a history once, then scores any number of candidates against it.
 *
 * <p>Safe for any number of threads, each with its own {@link EncoderScratch}.
 */
public final class TransformerEncoder {

  /*
   * The model is the encoder of Vaswani et al., "Attention is all you need", section 3.1, with
   * causal attention over the history. A candidate is scored in one of two ways.
   *
   * dot     The output at the last position times the candidate's item embedding (Kang and McAuley,
   *         arXiv 1808.09781, section 3.4). Costs one dot product per candidate. The request's
   *         context is added to the output; a request block may follow, once per request.
   *
   * attend  The candidate is one more token. It sees all of the history and itself, and the history
   *         does not see it, nor do other candidates: the isolation of HSTU's and Phoenix's target
   *         tokens. So the keys and values of the history serve every candidate, and every
   *         candidate has the same position, which is none.
   *
   * What nobody reads is not computed: in the last layer, attend needs the history's keys and
   * values alone, and dot its last position alone.
   *
   * Every row's sums run in an order that does not depend on the rows beside it. So a candidate's
   * score is the same, bit for bit, whoever else is in the list.
   */

  private static final KeyValues[] NO_LAYERS = {};
  private static final float[] NO_STATE = {};

  private final EncoderConfig config;
  private final Kernels kernels;
  private final EncoderWeights weights;
  private final EncoderLayer[] layers;
  private final ItemEmbedding items;
  private final RequestEmbedding requestEmbedding;
  private final float[] positions; // (maxHistory, dim)
  private final float itemScale;
  private final Epilogue activation;
  private final @Nullable RequestBlock requestBlock;

  /** Prepares the weights for a kernel. */
  public TransformerEncoder(EncoderWeights weights, Kernels kernels) {
    this.config = weights.config();
    this.kernels = kernels;
    this.weights = weights;
    this.layers = new EncoderLayer[config.layers()];
    for (int layer = 0; layer < layers.length; layer++) {
      layers[layer] = EncoderLayer.of(weights, layer, kernels);
    }
    this.items = new ItemEmbedding(weights);
    this.requestEmbedding = new RequestEmbedding(weights, items, kernels);
    this.positions = positions(weights);
    this.itemScale = config.scaleEmbedding() ? (float) Math.sqrt(config.dim()) : 1;
    this.activation = config.activation() == Activation.RELU ? Epilogue.RELU : Epilogue.GELU;
    this.requestBlock = RequestBlock.of(weights, kernels);
  }

  /** The shape of this encoder. */
  public EncoderConfig config() {
    return config;
  }

  /** The kernel that it runs on. */
  public String kernel() {
    return kernels.name();
  }

  /** Memory for one thread. */
  public EncoderScratch newScratch() {
    return new EncoderScratch(config, kernels);
  }

  /**
   * Reads a history; what comes out may be kept.
   *
   * @throws IllegalArgumentException if it is longer than {@code maxHistory}
   */
  public EncodedHistory encode(EncodedRequest request, EncoderScratch scratch) {
    if (config.scoring() == Scoring.DOT) {
      return encodeOnce(request, scratch);
    }
    KeyValues[] memory = new KeyValues[layers.length];
    int length = request.historyItems().length;
    Arrays.setAll(memory, l -> kernels.keyValues(length, config.heads(), config.headDim()));
    return encode(request, scratch, memory);
  }

  /**
   * Whether a history can be extended by {@link #append}: with {@code attend}, and positions
   * counted from the oldest entry, so that a new event leaves all earlier tokens as they were.
   */
  public boolean appends() {
    return config.scoring() == Scoring.ATTEND && config.anchor() == Anchor.START;
  }

  /**
   * Reads only what is new in a history, and gives the same result as {@link #encode}, bit for bit.
   *
   * @param known the same history without its newest events
   * @throws IllegalArgumentException if it is longer than {@code maxHistory}
   * @throws IllegalStateException unless {@link #appends}
   */
  public EncodedHistory append(
      EncodedHistory known, EncodedRequest request, EncoderScratch scratch) {
    if (!appends()) {
      throw new IllegalStateException("this model's histories cannot be extended");
    }
    int more = request.historyItems().length - known.layers()[0].length();
    KeyValues[] memory = new KeyValues[layers.length];
    Arrays.setAll(memory, l -> known.layers()[l].extended(more));
    return encode(request, scratch, memory);
  }

  /**
   * Reads a history into the scratch memory: with {@code attend}, what comes out holds until the
   * scratch is used for another history. Saves fresh memory where nothing is kept.
   *
   * @throws IllegalArgumentException if it is longer than {@code maxHistory}
   */
  public EncodedHistory encodeOnce(EncodedRequest request, EncoderScratch scratch) {
    return encode(request, scratch, scratch.memory(config, kernels));
  }

  /**
   * Fills {@code memory} (layers,) with the history from where it ends; with dot the layers share
   * one, which nobody reads later.
   */
  private EncodedHistory encode(
      EncodedRequest request, EncoderScratch scratch, KeyValues[] memory) {
    boolean attend = config.scoring() == Scoring.ATTEND;
    int length = request.historyItems().length;
    if (length > config.maxHistory()) {
      throw new IllegalArgumentException(
          "history=%d, at most %d".formatted(length, config.maxHistory()));
    }
    int known = memory[0].length();
    if (length == known && attend) {
      return new EncodedHistory(memory, NO_STATE);
    }
    int rows = embedHistory(request, known, scratch.x);
    for (int l = 0; l < layers.length; l++) {
      boolean last = l == layers.length - 1;
      if (!attend) {
        memory[l].clear();
      }
      rows = historyLayer(layers[l], memory[l], rows, last ? (attend ? 0 : 1) : rows, scratch);
    }
    return attend
        ? new EncodedHistory(memory, NO_STATE)
        : new EncodedHistory(NO_LAYERS, lastState(scratch));
  }

  /**
   * One layer over the history in {@code scratch.x}.
   *
   * @param keep how many of the newest rows the layer's output is wanted for
   * @return {@code keep}; those rows lie at the front of {@code scratch.x}
   */
  private int historyLayer(
      EncoderLayer layer, KeyValues tokens, int rows, int keep, EncoderScratch s) {
    int dim = config.dim();
    float[] normed = normBefore(layer, rows, s);
    // Keys and values of all rows: later rows and candidates will look at them.
    float[] source = config.norm() == Norm.PRE ? normed : s.x;
    kernels.linear(layer.key(), source, rows, s.keys, Epilogue.STORE);
    kernels.linear(layer.value(), source, rows, s.values, Epilogue.STORE);
    kernels.append(tokens, s.keys, s.values, rows);
    if (keep == 0) {
      return 0;
    }
    if (keep < rows) {
      System.arraycopy(s.x, (rows - keep) * dim, s.x, 0, keep * dim);
      System.arraycopy(s.normed, (rows - keep) * dim, s.normed, 0, keep * dim);
    }
    kernels.linear(layer.query(), normed, keep, s.queries, Epilogue.STORE);
    kernels.attendCausal(tokens, s.queries, keep, s.attended, s.attention);
    if (s.shares != null && config.scoring() == Scoring.DOT) {
      tokens.addAttention(s.queries, keep - 1, null, s.shares, 0);
    }
    finishLayer(layer, keep, s);
    return keep;
  }

  /** What the queries are made of: the normalised input, or the input where norms come after. */
  private float[] normBefore(EncoderLayer layer, int rows, EncoderScratch s) {
    if (config.norm() == Norm.POST) {
      return s.x;
    }
    norm(s.x, rows, layer.norm1Scale(), layer.norm1Shift(), s.normed);
    return s.normed;
  }

  /** Output projection, residual, norm, feed-forward, residual, norm: on {@code s.attended}. */
  private void finishLayer(EncoderLayer layer, int rows, EncoderScratch s) {
    switch (config.norm()) {
      case PRE -> {
        kernels.linear(layer.output(), s.attended, rows, s.x, Epilogue.ADD);
        norm(s.x, rows, layer.norm2Scale(), layer.norm2Shift(), s.normed);
        kernels.linear(layer.feedForwardIn(), s.normed, rows, s.hidden, activation);
        kernels.linear(layer.feedForwardOut(), s.hidden, rows, s.x, Epilogue.ADD);
      }
      case POST -> {
        kernels.linear(layer.output(), s.attended, rows, s.x, Epilogue.ADD);
        norm(s.x, rows, layer.norm1Scale(), layer.norm1Shift(), s.x);
        kernels.linear(layer.feedForwardIn(), s.x, rows, s.hidden, activation);
        kernels.linear(layer.feedForwardOut(), s.hidden, rows, s.x, Epilogue.ADD);
        norm(s.x, rows, layer.norm2Scale(), layer.norm2Shift(), s.x);
      }
      case SASREC -> {
        kernels.linear(layer.output(), s.attended, rows, s.normed, Epilogue.ADD);
        norm(s.normed, rows, layer.norm2Scale(), layer.norm2Shift(), s.x);
        kernels.linear(layer.feedForwardIn(), s.x, rows, s.hidden, activation);
        kernels.linear(layer.feedForwardOut(), s.hidden, rows, s.x, Epilogue.ADD);
      }
    }
  }

  private float[] lastState(EncoderScratch s) {
    float[] state = Arrays.copyOf(s.x, config.dim());
    finalNorm(state, 1);
    return state;
  }

  /**
   * Scores candidates {@code from} to {@code to} of a request against its encoded history.
   *
   * @param scores (candidates,) receives the logits at the candidates' places
   */
  public void score(
      EncodedHistory history,
      EncodedRequest request,
      int from,
      int to,
      EncoderScratch scratch,
      float[] scores) {
    requestEmbedding.embed(request, scratch.context);
    if (config.scoring() == Scoring.ATTEND && config.shift() > 0) {
      int length = request.historyItems().length;
      int newest = Math.min(length, config.shift());
      embedEntries(request, length - newest, scratch.x);
      addShifted(scratch.x, newest, scratch.context, 0);
    }
    Repeats repeats = config.repeats() > 0 ? Repeats.of(request) : null;
    float[] newest = newestFactors(request);
    for (int block = from; block < to; block += EncoderScratch.CANDIDATE_BLOCK) {
      int rows = Math.min(EncoderScratch.CANDIDATE_BLOCK, to - block);
      if (config.scoring() == Scoring.DOT) {
        scoreDot(history.state(), request, repeats, block, rows, scratch);
      } else {
        scoreAttend(history.layers(), request, repeats, block, rows, scratch);
      }
      addTransitions(newest, request, block, rows, scratch);
      System.arraycopy(scratch.scores, 0, scores, block, rows);
    }
  }

  /**
   * What the items are multiplied with, in {@code dot}: the score of an item that the history does
   * not have is the sum of the products and the item's bias.
   *
   * @return (dim,) for the item embedding, and (transitions,) for the factors behind transitions,
   *     if there is an item that they lead from
   * @throws IllegalStateException with {@code attend}
   */
  public float[][] query(EncodedHistory history, EncodedRequest request, EncoderScratch scratch) {
    if (config.scoring() != Scoring.DOT) {
      throw new IllegalStateException("this model's scores are no inner products");
    }
    requestEmbedding.embed(request, scratch.context);
    float[] query = new float[config.dim()];
    query(history.state(), scratch, query);
    float[] factors = newestFactors(request);
    return factors.length == 0 ? new float[][] {query} : new float[][] {query, factors};
  }

  /** Fills {@code query} with what the state and the request's context make together. */
  private void query(float[] state, EncoderScratch s, float[] query) {
    System.arraycopy(state, 0, query, 0, config.dim());
    kernels.add(query, s.context, config.dim());
    if (requestBlock != null) {
      requestBlock.apply(kernels, config, activation, query, s);
    }
  }

  /** A search by {@link #query} among all items. */
  InnerProductSearch search() {
    List<InnerProductSearch.Matrix> matrices = new ArrayList<>();
    matrices.add(new InnerProductSearch.Matrix(items.items(), config.dim()));
    if (config.transitions() > 0) {
      matrices.add(
          new InnerProductSearch.Matrix(weights.get("transition.to"), config.transitions()));
    }
    return new InnerProductSearch(kernels, matrices, weights.get("item.bias"));
  }

  /**
   * What share of the attention each entry of the history gets, as the mean of heads and layers:
   * with {@code attend}, from each candidate; with {@code dot}, from the newest entry.
   *
   * @param request with at most {@link EncoderScratch#CANDIDATE_BLOCK} candidates
   * @return (candidates, history)
   */
  public float[][] attention(EncodedRequest request, EncoderScratch scratch) {
    int length = request.historyItems().length;
    int candidates = request.candidates().length;
    if (candidates > EncoderScratch.CANDIDATE_BLOCK) {
      throw new IllegalArgumentException(
          "candidates=%d, at most %d".formatted(candidates, EncoderScratch.CANDIDATE_BLOCK));
    }
    boolean dot = config.scoring() == Scoring.DOT;
    float[] shares = new float[Math.max(1, dot ? 1 : candidates) * config.maxHistory()];
    scratch.shares = shares;
    try {
      EncodedHistory history = encodeOnce(request, scratch);
      score(history, request, 0, candidates, scratch, new float[candidates]);
    } finally {
      scratch.shares = null;
    }
    float[][] attention = new float[candidates][length];
    for (int c = 0; c < candidates; c++) {
      for (int t = 0; t < length; t++) {
        int from = dot ? 0 : c * config.maxHistory();
        attention[c][t] = shares[from + t] / layers.length;
      }
    }
    return attention;
  }

  /** Adds what the item acted on last in this visit says of the candidates. */
  private void addTransitions(
      float[] newest, EncodedRequest request, int from, int rows, EncoderScratch s) {
    int width = newest.length;
    float[] table = width == 0 ? newest : weights.get("transition.to");
    for (int r = 0; r < rows && width > 0; r++) {
      kernels.rowDots(table, request.candidates()[from + r], 1, newest, width, s.product);
      s.scores[r] += s.product[0];
    }
  }

  /** (transitions,) the factors of the item acted on last in this visit; none if there is none. */
  private float[] newestFactors(EncodedRequest request) {
    int width = config.transitions();
    int newest = width == 0 ? -1 : Visits.newest(request);
    if (newest < 0) {
      return NO_STATE;
    }
    int row = request.historyItems()[newest];
    return Arrays.copyOfRange(weights.get("transition.from"), row * width, (row + 1) * width);
  }

  private void scoreDot(
      float[] state,
      EncodedRequest request,
      @Nullable Repeats repeats,
      int from,
      int rows,
      EncoderScratch s) {
    int dim = config.dim();
    query(state, s, s.queries);
    float[] bias = weights.get("item.bias");
    for (int r = 0; r < rows; r++) {
      items.copyCandidate(request, from + r, s.x, r * dim);
      addRepeat(repeats, request.candidates()[from + r], s.x, r * dim);
    }
    kernels.rowDots(s.x, 0, rows, s.queries, dim, s.scores);
    for (int r = 0; r < rows; r++) {
      s.scores[r] += bias[request.candidates()[from + r]];
    }
  }

  private void scoreAttend(
      KeyValues[] history,
      EncodedRequest request,
      @Nullable Repeats repeats,
      int from,
      int rows,
      EncoderScratch s) {
    int dim = config.dim();
    float[] candidate = weights.get("candidate.embedding");
    for (int r = 0; r < rows; r++) {
      items.copyCandidate(request, from + r, s.x, r * dim);
      for (int d = 0; d < dim; d++) {
        s.x[r * dim + d] = s.x[r * dim + d] * itemScale + candidate[d] + s.context[d];
      }
      addRepeat(repeats, request.candidates()[from + r], s.x, r * dim);
    }
    for (int l = 0; l < layers.length; l++) {
      EncoderLayer layer = layers[l];
      float[] normed = normBefore(layer, rows, s);
      float[] source = config.norm() == Norm.PRE ? normed : s.x;
      kernels.linear(layer.query(), normed, rows, s.queries, Epilogue.STORE);
      kernels.linear(layer.key(), source, rows, s.keys, Epilogue.STORE);
      kernels.linear(layer.value(), source, rows, s.values, Epilogue.STORE);
      kernels.attendCandidates(
          history[l], s.queries, s.keys, s.values, rows, s.attended, s.attention);
      for (int r = 0; s.shares != null && r < rows; r++) {
        history[l].addAttention(s.queries, r, s.keys, s.shares, r * config.maxHistory());
      }
      finishLayer(layer, rows, s);
    }
    finalNorm(s.x, rows);
    kernels.rowDots(s.x, 0, rows, weights.get("head.weight"), dim, s.scores);
    float bias = weights.get("head.bias")[0];
    for (int r = 0; r < rows; r++) {
      s.scores[r] += bias;
    }
  }

  /**
   * Embeds the history from entry {@code from} on into x (rows, dim) and returns the rows: an empty
   * one is a start token.
   */
  private int embedHistory(EncodedRequest request, int from, float[] x) {
    int dim = config.dim();
    int length = request.historyItems().length;
    if (length == 0) {
      System.arraycopy(weights.get("start.embedding"), 0, x, 0, dim);
      return 1;
    }
    int first = Math.max(0, from - config.shift());
    embedEntries(request, first, x);
    int skipped = from - first;
    for (int row = length - first - 1; row >= skipped; row--) {
      addShifted(x, row, x, row * dim);
    }
    System.arraycopy(x, skipped * dim, x, 0, (length - from) * dim);
    return length - from;
  }

  /** Embeds history entries from {@code from} on into x, each by itself. */
  private void embedEntries(EncodedRequest request, int from, float[] x) {
    int dim = config.dim();
    int length = request.historyItems().length;
    long before = length == 0 ? 0 : request.historyTimes()[Math.max(0, from - 1)];
    for (int t = from; t < length; t++) {
      int at = (t - from) * dim;
      items.copyHistory(request, t, x, at);
      int position = config.anchor() == Anchor.START ? t : length - 1 - t;
      for (int d = 0; d < dim; d++) {
        x[at + d] = x[at + d] * itemScale + positions[position * dim + d];
      }
      if (config.actions() > 0) {
        int action = Math.min(request.historyActions()[t], config.actions() - 1);
        addRow("action.embedding", action, x, at);
      }
      if (config.timeGapBuckets() > 0) {
        long time = request.historyTimes()[t];
        addRow("timegap.embedding", Buckets.ofGap(time - before, config.timeGapBuckets()), x, at);
        before = time;
      }
    }
  }

  /** Adds to {@code y[at]} what the tokens before {@code row} of x bring along, each weighted. */
  private void addShifted(float[] x, int row, float[] y, int at) {
    if (config.shift() == 0) {
      return;
    }
    int dim = config.dim();
    float[] weight = weights.get("shift.weight");
    for (int back = 1; back <= Math.min(config.shift(), row); back++) {
      for (int d = 0; d < dim; d++) {
        y[at + d] += weight[(back - 1) * dim + d] * x[(row - back) * dim + d];
      }
    }
  }

  private void addRepeat(@Nullable Repeats repeats, int row, float[] x, int at) {
    int times = repeats == null ? 0 : Math.min(repeats.of(row), config.repeats());
    if (times > 0) {
      addRow("repeat.embedding", times - 1, x, at);
    }
  }

  private void addRow(String tensor, int row, float[] x, int at) {
    float[] table = weights.get(tensor);
    int from = row * config.dim();
    for (int d = 0; d < config.dim(); d++) {
      x[at + d] += table[from + d];
    }
  }

  private void norm(float[] x, int rows, float[] scale, float[] shift, float[] y) {
    kernels.layerNorm(x, rows, config.dim(), scale, shift, config.epsilon(), y);
  }

  private void finalNorm(float[] x, int rows) {
    if (config.finalNorm()) {
      norm(x, rows, weights.get("norm.weight"), weights.get("norm.bias"), x);
    }
  }

  /** (maxHistory, dim) what is added for every position; callers must not change it. */
  public static float[] positions(EncoderWeights weights) {
    EncoderConfig config = weights.config();
    return config.positions() == Positions.LEARNED
        ? weights.get("position.embedding")
        : sinusoids(config.maxHistory(), config.dim());
  }

  /** PE(p, 2i) = sin(p / 10000^(2i/dim)), PE(p, 2i+1) = cos of the same: the paper's 3.5. */
  public static float[] sinusoids(int length, int dim) {
    float[] table = new float[length * dim];
    for (int p = 0; p < length; p++) {
      for (int d = 0; d < dim; d++) {
        double angle = p / Math.pow(10_000, (d - d % 2) / (double) dim);
        table[p * dim + d] = (float) (d % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return table;
  }
}
