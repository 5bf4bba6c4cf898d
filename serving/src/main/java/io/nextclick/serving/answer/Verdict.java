// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import org.jspecify.annotations.Nullable;

/**
 * What became of one answer that was made again.
 *
 * @param outcome whether it is the same
 * @param distance the largest difference of a score or probability; NaN where nothing was scored
 * @param why in words; null for an answer that is equal
 */
public record Verdict(Outcome outcome, double distance, @Nullable String why) {

  /** Whether an answer is the same when it is made again. */
  public enum Outcome {
    /** The same state, and the same list within the tolerance. */
    EQUAL,
    /** The same list, from a state that differs where the model does not look. */
    EQUAL_FROM_OTHER_STATE,
    /** The user's state is another one: events are missing, or the log is another. */
    STATE_DIFFERS,
    /** The state is the same, the list is not: another model under the name, or a fault. */
    LIST_DIFFERS,
    /** Its model is not there, or cannot be opened. */
    MODEL_MISSING,
    /** A ranker that the service fits as it runs and does not keep. */
    NOT_KEPT;

    /** Whether the proof failed for this answer. */
    public boolean failed() {
      return this != EQUAL && this != NOT_KEPT;
    }
  }
}
