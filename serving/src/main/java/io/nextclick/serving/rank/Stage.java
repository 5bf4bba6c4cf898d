// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import java.util.Locale;

/** The stages of a ranking, in order. */
public enum Stage {
  /** The user's sequence is read from the store. */
  STATE,
  /** Candidates are filtered, or found in the whole catalogue. */
  CANDIDATES,
  /** Ids become the integers that the model reads. */
  ENCODE,
  /** The model scores. */
  SCORE,
  /** A page is built, where one was asked for. */
  PLACE,
  /** The best are chosen, and their scores made probabilities. */
  CALIBRATE,
  /** The answer is explained, where that was asked for. */
  EXPLAIN;

  /** The name in answers and metrics, such as {@code state}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
