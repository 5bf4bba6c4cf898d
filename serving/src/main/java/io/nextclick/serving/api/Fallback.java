// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import java.util.Locale;

/** Why the first model of the ladder did not answer. */
public enum Fallback {
  /** Nothing is loaded or fitted yet. */
  NO_MODEL,
  /** Nothing is known of the user. */
  NO_HISTORY,
  /** The model knows none of the candidates. */
  UNKNOWN_ITEMS,
  /** The model failed; the log says why. */
  MODEL_FAILED,
  /** The model would have taken longer than was left of the deadline. */
  DEADLINE;

  /** The name in answers and metrics, such as {@code no-history}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
