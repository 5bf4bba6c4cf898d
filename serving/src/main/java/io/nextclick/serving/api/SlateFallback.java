// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import java.util.Locale;

/** Why a page was built by {@code top}, and not by the method that was asked for. */
public enum SlateFallback {
  /** The method would have taken longer than was left of the deadline. */
  DEADLINE,
  /** What ordered the candidates has no item embeddings. */
  NO_EMBEDDINGS,
  /** What ordered the candidates has no decoder. */
  NO_DECODER,
  /** The method failed; the log says why. */
  FAILED;

  /** The name in answers and metrics, such as {@code no-embeddings}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
