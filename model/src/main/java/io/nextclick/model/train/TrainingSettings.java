// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import java.util.Locale;

/**
 * How a model is trained.
 *
 * @param seed of the first weights, the order, the dropout and the negatives
 * @param threads that share a batch; the result depends on it, in the last bits
 * @param batch examples per step
 * @param epochs at most
 * @param patience epochs without a better validation after which training ends
 * @param optimizer how the weights change
 * @param dropout share of values dropped, from 0 to below 1
 * @param spread deviation of the first embeddings
 * @param averaging what a step leaves of the weights' moving average; 0 for no average
 * @param objective what is predicted
 * @param nextItemWeight weight of the mean loss on next items
 * @param clickWeight weight of the mean loss on impressions
 * @param unknownShare share of the items that stand as new ones
 */
public record TrainingSettings(
    long seed,
    int threads,
    int batch,
    int epochs,
    int patience,
    Optimizer.Settings optimizer,
    double dropout,
    double spread,
    double averaging,
    Objective objective,
    double nextItemWeight,
    double clickWeight,
    double unknownShare) {

  /** Which loss the next item has. */
  public enum NextItem {
    /** None: clicks on impressions alone. */
    NONE,
    /** Softmax over the whole catalogue. */
    FULL,
    /** Softmax over negatives drawn from all items alike, and corrected for that. */
    SAMPLED,
    /** gBCE over sampled negatives. */
    GBCE,
    /** Softmax over negatives drawn by popularity, and corrected for that. */
    LOGQ;

    /** Whether it compares a target with some of the items, drawn anew for each step. */
    public boolean draws() {
      return this != NONE && this != FULL;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The loss on next items.
   *
   * @param nextItem which
   * @param negatives drawn, where they are
   * @param calibration gBCE's t, 0 to 1
   * @param smoothing share of the target's probability that is spread over all items, a user's own
   *     left out where they are no negatives
   * @param excludeOwn whether a user's own items are no negatives
   */
  public record Objective(
      NextItem nextItem, int negatives, double calibration, double smoothing, boolean excludeOwn) {}

  public TrainingSettings {
    require(threads >= 1 && threads <= 256, "threads", threads);
    require(batch >= 1 && batch <= 65_536, "batch", batch);
    require(epochs >= 1 && epochs <= 10_000, "epochs", epochs);
    require(patience >= 1, "patience", patience);
    require(dropout >= 0 && dropout < 1, "dropout", dropout);
    require(averaging >= 0 && averaging < 1, "averaging", averaging);
    require(unknownShare >= 0 && unknownShare < 1, "unknownShare", unknownShare);
    require(objective.smoothing >= 0 && objective.smoothing < 1, "smoothing", objective.smoothing);
  }

  private static void require(boolean condition, String name, Object value) {
    if (!condition) {
      throw new IllegalArgumentException(name + "=" + value + " is out of range");
    }
  }
}
