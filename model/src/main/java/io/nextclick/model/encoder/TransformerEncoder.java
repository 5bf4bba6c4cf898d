// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.KeyValues;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Anchor;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ForwardStep;
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
   * Around the layers stand the parts of a model, each in the slots that ModelPart names.
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
  private final TokenEmbedding embedding;
  private final LayerForward layerForward;
  private final RowNorm.@Nullable Forward finalNorm;

  /** Prepares the weights for a kernel. */
  public TransformerEncoder(EncoderWeights weights, Kernels kernels) {
    this.config = weights.config();
    this.kernels = kernels;
    this.weights = weights;
    this.layers = new EncoderLayer[config.layers()];
    for (int layer = 0; layer < layers.length; layer++) {
      layers[layer] = EncoderLayer.of(weights, layer, kernels);
    }
    this.embedding = new TokenEmbedding(weights, kernels);
    this.layerForward = new LayerForward(config, kernels);
    this.finalNorm =
        config.finalNorm()
            ? config.rowNorm().forward(kernels, config.normAt("norm"), weights::get)
            : null;
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
    return new EncoderScratch(config, embedding.queryWidth(), kernels);
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
    requireLength(length);
    int known = memory[0].length();
    if (length == known && attend) {
      return new EncodedHistory(memory, NO_STATE);
    }
    int rows = embedding.history(request, known, scratch.x);
    for (int l = 0; l < layers.length; l++) {
      boolean last = l == layers.length - 1;
      if (!attend) {
        memory[l].clear();
      }
      rows =
          layerForward.history(layers[l], memory[l], rows, last ? (attend ? 0 : 1) : rows, scratch);
    }
    return attend
        ? new EncodedHistory(memory, NO_STATE)
        : new EncodedHistory(NO_LAYERS, lastState(scratch));
  }

  /**
   * What the layers make of every entry of a history, normed: (history, dim).
   *
   * @throws IllegalArgumentException if it is longer than {@code maxHistory}
   */
  public float[] outputs(EncodedRequest request, EncoderScratch scratch) {
    int length = request.historyItems().length;
    requireLength(length);
    if (length == 0) {
      return NO_STATE;
    }
    KeyValues[] memory = scratch.memory(config, kernels);
    embedding.history(request, 0, scratch.x);
    for (int l = 0; l < layers.length; l++) {
      if (config.scoring() == Scoring.DOT) {
        memory[l].clear();
      }
      layerForward.history(layers[l], memory[l], length, length, scratch);
    }
    finalNorm(scratch.x, length);
    return Arrays.copyOf(scratch.x, length * config.dim());
  }

  private void requireLength(int length) {
    if (length > config.maxHistory()) {
      throw new IllegalArgumentException(
          "history=%d, at most %d".formatted(length, config.maxHistory()));
    }
  }

  private float[] lastState(EncoderScratch s) {
    float[] state = Arrays.copyOf(s.x, config.dim());
    finalNorm(state, 1);
    return state;
  }

  /** What the scores of all candidates of a request read. */
  public PreparedRequest prepare(EncodedHistory history, EncodedRequest request, EncoderScratch s) {
    float[] ofRequest = embedding.request(request, s.x);
    return new PreparedRequest(
        history,
        request,
        ofRequest,
        config.scoring() == Scoring.DOT ? embedding.query(history.state(), ofRequest, s) : NO_STATE,
        embedding.candidates(request),
        embedding.factors(request),
        embedding.addends(request),
        embedding.mixes(request));
  }

  /**
   * Scores candidates {@code from} to {@code to} of a request.
   *
   * @param scores (candidates,) receives the logits at the candidates' places
   */
  public void score(
      PreparedRequest request, int from, int to, EncoderScratch scratch, float[] scores) {
    for (int block = from; block < to; block += EncoderScratch.CANDIDATE_BLOCK) {
      int rows = Math.min(EncoderScratch.CANDIDATE_BLOCK, to - block);
      if (config.scoring() == Scoring.DOT) {
        scoreDot(request, block, rows, scratch);
      } else {
        scoreAttend(request, block, rows, scratch);
      }
      for (ForwardStep.Addend.OfRequest addend : request.addends()) {
        addend.addToCandidates(request.of(), block, rows, scratch.scores);
      }
      addFactors(request, block, rows, scratch);
      for (ForwardStep.Mix.Logits mix : request.mixes()) {
        mix.mixCandidates(request.of(), block, rows, scratch.scores);
      }
      System.arraycopy(scratch.scores, 0, scores, block, rows);
    }
  }

  /** (candidates, dim) the vectors of a request's candidates, without what the history adds. */
  public float[] items(EncodedRequest request) {
    float[] vectors = new float[request.candidates().length * config.dim()];
    for (int c = 0; c < request.candidates().length; c++) {
      embedding.items().copyCandidate(request, c, vectors, c * config.dim());
    }
    return vectors;
  }

  /**
   * What the items are multiplied with, in {@code dot}: the score of an item that no part adds to
   * is the sum of the products, the item's bias, and the addends, mixed.
   *
   * @return (dim,) for the item embedding, and the factors of the parts in the slot logit, up to
   *     the last one that has some
   * @throws IllegalStateException with {@code attend}
   */
  public float[][] query(PreparedRequest request) {
    requireDot();
    List<float[]> query = new ArrayList<>(List.of(request.query()));
    int used = 1;
    for (int i = 0; i < request.factors().size(); i++) {
      float[] factors = request.factors().get(i);
      query.add(factors == null ? new float[embedding.logit().get(i).matrix().dim()] : factors);
      used = factors == null ? used : query.size();
    }
    return query.subList(0, used).toArray(float[][]::new);
  }

  private void requireDot() {
    if (config.scoring() != Scoring.DOT) {
      throw new IllegalStateException("this model's scores are no inner products");
    }
  }

  /** A search by {@link #query} among all items. */
  InnerProductSearch search() {
    List<InnerProductSearch.Matrix> matrices = new ArrayList<>();
    matrices.add(new InnerProductSearch.Matrix(embedding.items().items(), config.dim()));
    embedding.logit().forEach(part -> matrices.add(part.matrix()));
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
    float[] sums = new float[Math.max(1, dot ? 1 : candidates) * config.maxHistory()];
    scratch.attentionWeights = sums;
    try {
      EncodedHistory history = encodeOnce(request, scratch);
      score(prepare(history, request, scratch), 0, candidates, scratch, new float[candidates]);
    } finally {
      scratch.attentionWeights = null;
    }
    float[][] attention = new float[candidates][length];
    for (int c = 0; c < candidates; c++) {
      for (int t = 0; t < length; t++) {
        int from = dot ? 0 : c * config.maxHistory();
        attention[c][t] = sums[from + t] / layers.length;
      }
    }
    return attention;
  }

  /** Adds the products of the parts in the slot logit. */
  private void addFactors(PreparedRequest request, int from, int rows, EncoderScratch s) {
    for (int i = 0; i < request.factors().size(); i++) {
      float[] factors = request.factors().get(i);
      if (factors != null) {
        addProducts(embedding.logit().get(i).matrix(), factors, request.of(), from, rows, s);
      }
    }
  }

  private void addProducts(
      InnerProductSearch.Matrix matrix,
      float[] factors,
      EncodedRequest request,
      int from,
      int rows,
      EncoderScratch s) {
    for (int r = 0; r < rows; r++) {
      int row = request.candidates()[from + r];
      kernels.rowDots(matrix.rows(), row, 1, factors, matrix.dim(), s.product);
      s.scores[r] += s.product[0];
    }
  }

  private void scoreDot(PreparedRequest request, int from, int rows, EncoderScratch s) {
    float[] bias = weights.get("item.bias");
    embedding.candidates(request, from, rows, s.x);
    kernels.rowDots(s.x, 0, rows, request.query(), config.dim(), s.scores);
    for (int r = 0; r < rows; r++) {
      s.scores[r] += bias[request.of().candidates()[from + r]];
    }
  }

  private void scoreAttend(PreparedRequest request, int from, int rows, EncoderScratch s) {
    KeyValues[] history = request.history().layers();
    embedding.candidateTokens(request, from, rows, s.x);
    for (int l = 0; l < layers.length; l++) {
      layerForward.candidates(layers[l], history[l], rows, s);
    }
    finalNorm(s.x, rows);
    kernels.rowDots(s.x, 0, rows, weights.get("head.weight"), config.dim(), s.scores);
    float bias = weights.get("head.bias")[0];
    for (int r = 0; r < rows; r++) {
      s.scores[r] += bias;
    }
  }

  private void finalNorm(float[] x, int rows) {
    if (finalNorm != null) {
      finalNorm.apply(x, rows, x);
    }
  }
}
