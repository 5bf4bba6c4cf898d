// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.retrieve.InnerProductSearch;
import org.jspecify.annotations.Nullable;

/**
 * What a part does to a score, in one of the slots of {@link ModelPart}. Serves any number of
 * threads.
 */
public sealed interface ForwardStep {

  /** Slot item: what stands for an item without a row; known items' rows have it in them. */
  non-sealed interface ItemVector extends ForwardStep {
    /** Adds to the vector of the item of history entry {@code t}, {@code x[at]}. */
    void addToHistory(EncodedRequest request, int t, float[] x, int at);

    /** Adds to the vector of candidate {@code c}. */
    void addToCandidate(EncodedRequest request, int c, float[] x, int at);
  }

  /** Slot token. */
  non-sealed interface Token extends ForwardStep {
    /** Adds to the token of history entry {@code t}, {@code x[at]}. */
    void add(EncodedRequest request, int t, float[] x, int at);
  }

  /** Slot tokens. */
  non-sealed interface Tokens extends ForwardStep {
    /** How many tokens before one are read. */
    int reach();

    /**
     * Adds what stands before row {@code row} of x (rows, dim), which may be behind its last, to
     * {@code y[at]}.
     */
    void add(float[] x, int row, float[] y, int at);
  }

  /** Slot candidate. */
  non-sealed interface Candidate extends ForwardStep {
    /** The step of one request. */
    Candidate.OfRequest of(EncodedRequest request);

    /** What is added to a few items in one request, and to the others not. */
    interface OfRequest {
      /** The rows of the items, ascending. */
      int[] rows();

      /** Adds to the candidate of row {@code row}, {@code x[at]}. */
      void add(int row, float[] x, int at);
    }
  }

  /** Slot request. */
  non-sealed interface Request extends ForwardStep {
    /** Adds to {@code sum} (dim,). */
    void add(EncodedRequest request, float[] sum);
  }

  /** Slot query. */
  non-sealed interface Query extends ForwardStep {
    /** Values of {@code hidden} that it needs. */
    int width();

    /** Changes {@code z} (dim,) in place; {@code normed} (dim,) and {@code hidden} are scratch. */
    void apply(float[] z, float[] normed, float[] hidden);
  }

  /** Slot logit, where what is added is no product with a row; before those that are. */
  non-sealed interface Addend extends ForwardStep {
    /** The step of one request. */
    Addend.OfRequest of(EncodedRequest request);

    /** What is added in one request; as a search takes it, without {@link #rows}. */
    interface OfRequest extends InnerProductSearch.Addend {
      /** Ascending rows of the items to which more is added than a search adds. */
      int[] rows();

      /** Adds to the logits of candidates {@code from} on, {@code count} of them. */
      void addToCandidates(EncodedRequest request, int from, int count, float[] logits);
    }
  }

  /** Slot logit. */
  non-sealed interface Logit extends ForwardStep {
    /** The factors (width,) that every candidate's row is multiplied with; null to add nothing. */
    float @Nullable [] factors(EncodedRequest request);

    /** (items + 1, width): the candidates' rows. */
    InnerProductSearch.Matrix matrix();
  }

  /** Slot mix. */
  non-sealed interface Mix extends ForwardStep {
    /** The step of one request. */
    Logits of(EncodedRequest request);

    /** What becomes of logits in one request; as a search takes it, without {@link #rows}. */
    interface Logits extends InnerProductSearch.Mix {
      /** Ascending rows of the items of which more becomes than a search makes of them. */
      int[] rows();

      /** Changes the logits of candidates {@code from} on, {@code count} of them. */
      void mixCandidates(EncodedRequest request, int from, int count, float[] logits);
    }
  }
}
