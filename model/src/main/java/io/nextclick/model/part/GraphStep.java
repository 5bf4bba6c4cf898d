// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

/**
 * What a part is in a graph, in one of the slots of {@link ModelPart}: names go in and come out.
 */
public sealed interface GraphStep {

  /** Slot item. */
  non-sealed interface ItemVector extends GraphStep {
    /** The vectors (rows, dim) of the history's items or the candidates', and what is added. */
    String addToItems(EncoderNodes nodes, String x, EncoderNodes.Side side);
  }

  /** Slot token. */
  non-sealed interface Token extends GraphStep {
    /** The tokens (length, dim), and what is added. */
    String addToTokens(EncoderNodes nodes, String x);
  }

  /** Slot tokens. */
  non-sealed interface Tokens extends GraphStep {
    /** The tokens (length, dim), changed. */
    String shift(EncoderNodes nodes, String x);

    /** What the newest tokens (length, dim) bring along for a candidate (1, dim). */
    String newest(EncoderNodes nodes, String x);
  }

  /** Slot candidate. */
  non-sealed interface Candidate extends GraphStep {
    /** The candidates (candidates, dim), and what is added. */
    String addToCandidates(EncoderNodes nodes, String x);
  }

  /** Slot request. */
  non-sealed interface Request extends GraphStep {
    /** What the request brings along (dim). */
    String ofRequest(EncoderNodes nodes);
  }

  /** Slot query. */
  non-sealed interface Query extends GraphStep {
    /** The rows (requests, dim), changed. */
    String query(EncoderNodes nodes, String x);
  }

  /** Slot logit, where what is added is no product with a row; before those that are. */
  non-sealed interface Addend extends GraphStep {
    /** The logits (candidates), and what is added. */
    String addToLogits(EncoderNodes nodes, String logits);
  }

  /** Slot mix. */
  non-sealed interface Mix extends GraphStep {
    /** What becomes of the logits (candidates). */
    String mix(EncoderNodes nodes, String logits);
  }

  /** Slot logit. */
  non-sealed interface Logit extends GraphStep {
    /** The logits (candidates), and what is added. */
    String addToLogits(EncoderNodes nodes, String logits);
  }
}
