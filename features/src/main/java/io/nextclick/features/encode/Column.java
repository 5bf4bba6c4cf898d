// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import java.util.Locale;

/**
 * What a model may read of a history and a request, as integers but for {@link #CANDIDATE_FIELDS}.
 * The names are those of the inputs of an ONNX graph; {@code docs/data-formats.md} explains each.
 */
public enum Column {
  /** (length) rows of the vocabulary, oldest first. */
  HISTORY_ITEMS(1),
  /** (length) action codes. */
  HISTORY_ACTIONS(1),
  /** (length) buckets of the time since the entry before, below {@link Buckets#GAPS}. */
  HISTORY_GAPS(1),
  /** (length) how many visits ago. */
  HISTORY_VISITS(1),
  /** (length, most) attribute buckets of items without a row. */
  HISTORY_ATTRIBUTES(2),
  /** (candidates) rows of the vocabulary. */
  CANDIDATES(1),
  /** (candidates, most) attribute buckets of items without a row. */
  CANDIDATE_ATTRIBUTES(2),
  /** (contexts) buckets of the user's attributes and of the request's fields. */
  CONTEXT(1),
  /** (1) the row of the item acted on last in the request's visit. */
  NEWEST_ITEM(1),
  /** (1) the row of the item acted on before that one, in the same visit. */
  PREVIOUS_ITEM(1),
  /** (1) hours since 1970, by the clock of the request. */
  HOUR(1),
  /** (1 to 10) rows of the items acted on last in the history, newest first. */
  LAST_ITEMS(1),
  /** (candidates, names) numbers that came with the candidates; NaN for none. */
  CANDIDATE_FIELDS(2);

  private final int dimensions;

  Column(int dimensions) {
    this.dimensions = dimensions;
  }

  /** The name of the graph's input. */
  public String input() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it is of 32-bit numbers, and not of integers. */
  public boolean isFloat() {
    return this == CANDIDATE_FIELDS;
  }

  /** 1 for a vector, 2 for a matrix. */
  public int dimensions() {
    return dimensions;
  }
}
