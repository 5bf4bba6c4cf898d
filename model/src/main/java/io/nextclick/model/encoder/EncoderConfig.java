// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

/**
 * The shape of a Transformer encoder.
 *
 * @param items known items; rows 1 to items of the embedding, row 0 is every unknown item
 * @param dim width of a token, 4 to 1,024
 * @param layers encoder layers, 1 to 12
 * @param heads attention heads; divides {@code dim}
 * @param feedForward inner width of the feed-forward network, 4 to 8,192
 * @param maxHistory history entries read, the newest ones, 1 to 4,096
 * @param activation of the feed-forward network
 * @param norm where the layer norms stand
 * @param positions where positions come from
 * @param anchor which end of the history positions count from
 * @param finalNorm whether a layer norm follows the last layer
 * @param scaleEmbedding whether item embeddings are multiplied by sqrt(dim), as in the paper's 3.4
 * @param epsilon added to the variance in layer norms
 * @param impressions whether the history has what was only shown
 * @param actions rows of the action embedding; 0 leaves it out
 * @param attributeBuckets rows of the attribute embedding; 0 leaves it out
 * @param timeGapBuckets rows of the time-gap embedding; 0 leaves it out
 * @param contextBuckets rows of the user and context embedding; 0 leaves it out
 * @param repeats rows of the repeat embedding: what is added to a candidate that the history has
 *     once, twice, ... or more often, with an action other than being shown; 0 to 16, 0 leaves it
 *     out
 * @param shift how many of the entries before a token are added to it, each weighted per dimension:
 *     a depthwise causal convolution over the embedded tokens, as the token shift of Peng et al.,
 *     arXiv 2305.13048, so that neighbours are known without a search by positions; a candidate
 *     with {@code attend} follows the newest entry; 0 to 8, 0 leaves it out
 * @param requestWidth inner width of the request block, with {@code dot}: a feed-forward network
 *     over the sum of history state and context, so that what a request says can gate what the
 *     history says; 0 to 8,192, 0 leaves it out
 * @param interest whether a request brings along the mean of the items acted on in earlier visits,
 *     older visits counting less: attention weighs entries by what they are, and would have to
 *     count to weigh them by how many visits ago they were
 * @param transitions width of the factors of which item follows which: a candidate's logit has in
 *     it the product of a row for the item acted on last in the request's visit and of one for the
 *     candidate, the factorised Markov chain of Rendle et al., "Factorizing personalized Markov
 *     chains for next-basket recommendation", section 4; 0 to 1,024, 0 leaves it out
 * @param scoring how a candidate meets the history
 */
public record EncoderConfig(
    int items,
    int dim,
    int layers,
    int heads,
    int feedForward,
    int maxHistory,
    Activation activation,
    Norm norm,
    Positions positions,
    Anchor anchor,
    boolean finalNorm,
    boolean scaleEmbedding,
    float epsilon,
    boolean impressions,
    int actions,
    int attributeBuckets,
    int timeGapBuckets,
    int contextBuckets,
    int repeats,
    int shift,
    int requestWidth,
    boolean interest,
    int transitions,
    Scoring scoring) {

  /** Non-linearity of the feed-forward network. */
  public enum Activation {
    RELU,
    /** x Phi(x), with the error function (Hendrycks and Gimpel, arXiv 1606.08415). */
    GELU
  }

  /** Where the layer norms stand. */
  public enum Norm {
    /** {@code x + f(LN(x))} (Xiong et al., arXiv 2002.04745). */
    PRE,
    /** {@code LN(x + f(x))}, as in "Attention is all you need", 3.1. */
    POST,
    /**
     * {@code q = LN(x); h = q + attention(q, x, x); g = LN(h); g + f(g)}: keys and values see the
     * input as it is, and both residuals start from the normalised input (Kang and McAuley, arXiv
     * 1808.09781, as implemented by its authors).
     */
    SASREC
  }

  /** Where positions come from. */
  public enum Positions {
    /** Sine and cosine of "Attention is all you need", 3.5. */
    SINUSOIDAL,
    LEARNED
  }

  /** Which end of the history positions count from. */
  public enum Anchor {
    /**
     * The oldest entry read is at position 0: an event appended leaves the others' inputs alone.
     */
    START,
    /** The newest entry is at position 0. */
    END
  }

  /** How a candidate meets the history. */
  public enum Scoring {
    /** Last history state times item embedding. */
    DOT,
    /**
     * The candidate runs through the layers as one more token, which sees the history and itself.
     */
    ATTEND
  }

  public EncoderConfig {
    require(items >= 0 && items <= 50_000_000, "items", items);
    require(dim >= 4 && dim <= 1_024, "dim", dim);
    require(layers >= 1 && layers <= 12, "layers", layers);
    require(heads >= 1 && dim % Math.max(heads, 1) == 0, "heads", heads);
    require(feedForward >= 4 && feedForward <= 8_192, "feedForward", feedForward);
    require(maxHistory >= 1 && maxHistory <= 4_096, "maxHistory", maxHistory);
    require(epsilon > 0 && epsilon < 1, "epsilon", epsilon);
    require(actions >= 0 && actions <= 128, "actions", actions);
    require(
        attributeBuckets >= 0 && attributeBuckets <= 1 << 24, "attributeBuckets", attributeBuckets);
    require(timeGapBuckets >= 0 && timeGapBuckets <= 64, "timeGapBuckets", timeGapBuckets);
    require(repeats >= 0 && repeats <= 16, "repeats", repeats);
    require(shift >= 0 && shift <= 8, "shift", shift);
    require(transitions >= 0 && transitions <= 1_024, "transitions", transitions);
    require(requestWidth >= 0 && requestWidth <= 8_192, "requestWidth", requestWidth);
    if (requestWidth > 0 && scoring != Scoring.DOT) {
      throw new IllegalArgumentException(
          "requestWidth=%d needs scoring=dot; with attend, every layer reads the request"
              .formatted(requestWidth));
    }
    require(contextBuckets >= 0 && contextBuckets <= 1 << 24, "contextBuckets", contextBuckets);
  }

  /** The plain encoder of the paper's shape: pre-norm, ReLU, learned positions from the end. */
  public static EncoderConfig of(
      int items, int dim, int layers, int heads, int feedForward, int maxHistory, Scoring scoring) {
    return new EncoderConfig(
        items,
        dim,
        layers,
        heads,
        feedForward,
        maxHistory,
        Activation.RELU,
        Norm.PRE,
        Positions.LEARNED,
        Anchor.END,
        true,
        false,
        1e-6f,
        true,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        false,
        0,
        scoring);
  }

  /** Width of one head. */
  public int headDim() {
    return dim / heads;
  }

  private static void require(boolean condition, String name, Number value) {
    if (!condition) {
      throw new IllegalArgumentException(name + "=" + value + " is out of range");
    }
  }
}
