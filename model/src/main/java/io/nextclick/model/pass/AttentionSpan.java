// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

/**
 * One sequence of a batch with its candidates, as attention goes through it.
 *
 * @param first token in the batch
 * @param length tokens
 * @param firstCandidate in the batch
 * @param candidates number of them
 * @param visibleLength (candidates of the batch) how many tokens each sees
 */
record AttentionSpan(
    int first, int length, int firstCandidate, int candidates, int[] visibleLength) {

  /** Rows that go together. */
  static final int GROUP = 12;

  int rows() {
    return length + candidates;
  }

  /** Places per row: all tokens, a candidate's own, and whole vectors. */
  int stride() {
    return round(length + 1);
  }

  /** Keys that row {@code r} sees, without its own place behind them. */
  int visible(int r) {
    return r < length ? r + 1 : visibleLength[firstCandidate + r - length];
  }

  boolean candidate(int r) {
    return r >= length;
  }

  /** Where row {@code r} lies in the batch. */
  int row(int r, int tokens) {
    return r < length ? first + r : tokens + firstCandidate + r - length;
  }

  /** Rows of the group that begins at {@code r}: tokens and candidates do not mix. */
  int group(int r) {
    return Math.min(GROUP, (candidate(r) ? rows() : length) - r);
  }

  /** The most keys that a row of the group sees. */
  int limit(int r, int group) {
    int most = 0;
    for (int i = 0; i < group; i++) {
      most = Math.max(most, visible(r + i));
    }
    return most;
  }

  /** Whole vectors. */
  static int round(int places) {
    return (places + 15) / 16 * 16;
  }
}
