// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import java.util.Locale;

/** Why the first model of the ladder did not answer. */
public enum Fallback {
  /** Nothing is loaded or fitted yet. */
  NO_MODEL,
  /** Another process reads the user's events, or did until a moment ago. */
  NOT_OWNED,
  /** Nothing is known of the user. */
  NO_HISTORY,
  /** What is stored of the user is damaged; health and the log name the partition. */
  STATE_DAMAGED,
  /** What is stored of the user could not be read just now; health and the log say why. */
  STATE_UNREADABLE,
  /** The state is a checkpoint's, and the log behind it has not been read yet. */
  STATE_WITHHELD,
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
