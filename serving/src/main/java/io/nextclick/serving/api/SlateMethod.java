// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a page is built. */
public enum SlateMethod {
  /** The best pointwise, as far as the limits allow. */
  TOP,
  /** Maximal marginal relevance: the best that is least like what is placed. */
  MMR,
  /** By a model that has learnt pages. */
  DECODER;

  /** The names in requests, as one lists them. */
  static final List<String> LABELS = Arrays.stream(values()).map(SlateMethod::label).toList();

  /** The name in requests, answers, logs and metrics. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The method of this name; null if there is none. */
  public static @Nullable SlateMethod of(String label) {
    int index = LABELS.indexOf(label);
    return index < 0 ? null : values()[index];
  }
}
