// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;

/**
 * What a part does to a batch, forward and backward, in one of the slots of {@link ModelPart}; for
 * one thread. A {@code slope} is the derivative of the loss with respect to what forward added to.
 */
public sealed interface TrainingStep {

  /** Slot item. */
  non-sealed interface ItemVector extends TrainingStep {
    /** Adds to the vector of the item of row {@code row}, {@code x[at]}. */
    void add(int row, float[] x, int at);

    /** Takes {@code factor * slope[at]} for that vector. */
    void backward(int row, float[] slope, int at, float factor, Gradient gradient);
  }

  /** Slot token. */
  non-sealed interface Token extends TrainingStep {
    /** Adds to token {@code t}, {@code x[at]}. */
    void forward(PackedBatch batch, int t, float[] x, int at);

    /** Takes {@code slope[at]} for that token. */
    void backward(PackedBatch batch, int t, float[] slope, int at, Gradient gradient);
  }

  /** Slot tokens. */
  non-sealed interface Tokens extends TrainingStep {
    /** Changes x (rows, dim), tokens and behind them candidates if there are rows for them. */
    void forward(PackedBatch batch, int rows, float[] x);

    /** From the slope of the changed rows to that of the rows as they were, in place. */
    void backward(PackedBatch batch, int rows, float[] slope, Gradient gradient);
  }

  /** Slot candidate. */
  non-sealed interface Candidate extends TrainingStep {
    /** Adds to candidate {@code c}, {@code x[at]}. */
    void forward(PackedBatch batch, int c, float[] x, int at);

    /** Takes {@code factor * slope[at]} for that candidate. */
    void backward(PackedBatch batch, int c, float[] slope, int at, float factor, Gradient gradient);
  }

  /** Slot request. */
  non-sealed interface Request extends TrainingStep {
    /** Before the first candidate of a batch. */
    default void begin(PackedBatch batch) {}

    /** Adds what candidate {@code c}'s request brings along to {@code x[at]}. */
    void forward(PackedBatch batch, int c, float[] x, int at);

    /** Takes {@code slope[at]} for that. */
    void backward(PackedBatch batch, int c, float[] slope, int at, Gradient gradient);

    /** After the last candidate of a batch. */
    default void end(PackedBatch batch, Gradient gradient) {}
  }

  /** Slot query. */
  non-sealed interface Query extends TrainingStep {
    /** Fills {@code q} (rows, dim) from {@code z} (rows, dim), which must stay as it is. */
    void forward(float[] z, int rows, float[] q);

    /**
     * Must follow {@link #forward}.
     *
     * @param slope (rows, dim) with respect to q; receives that with respect to z
     */
    void backward(float[] z, float[] slope, int rows, Gradient gradient);
  }

  /** Slot logit. */
  non-sealed interface Logit extends TrainingStep {
    /** What is added to candidate {@code c}'s logit. */
    float score(PackedBatch batch, int c);

    /** Takes the derivative with respect to that. */
    void backward(PackedBatch batch, int c, float slope, Gradient gradient);
  }
}
