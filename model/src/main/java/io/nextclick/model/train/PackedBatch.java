// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import org.jspecify.annotations.Nullable;

/**
 * Histories of several users, one after the other without padding, and what is to be predicted.
 *
 * @param start (sequences + 1) where each sequence's tokens begin
 * @param items (tokens) rows of the item embedding; {@link #START} is the token of an empty history
 * @param unknown (tokens + candidates) whether the item stands as if it had no row of its own
 * @param actions (tokens) action codes
 * @param gaps (tokens) buckets of the time since the token before
 * @param visits (tokens) the visit of its sequence that each belongs to, from 0
 * @param positions (tokens) rows of the position embedding
 * @param targets (tokens) the row of the item that comes next; 0 where nothing is predicted
 * @param exclude (sequences) sorted rows that are no negatives of a sequence; null for none
 * @param shown impressions to predict; null for none
 */
record PackedBatch(
    int[] start,
    int[] items,
    boolean[] unknown,
    byte[] actions,
    int[] gaps,
    int[] visits,
    int[] positions,
    int[] targets,
    int @Nullable [][] exclude,
    Shown shown) {

  /** The item of the token that stands for an empty history: a sequence of its own. */
  static final int START = -1;

  /**
   * Impressions, ordered by sequence.
   *
   * @param items (candidates) rows of the item embedding
   * @param sequence (candidates) whose history they see; not decreasing
   * @param sees (candidates) how many of its tokens, at least 1
   * @param labels (candidates) 1 if it was clicked, else 0
   * @param weights (candidates) share in the loss
   * @param context (candidates) buckets of the user's and the request's fields
   * @param repeats (candidates) how often the history that they see has the item, not only shown
   * @param visit (candidates) the visit of their sequence, from 0, in which they are shown
   */
  record Shown(
      int[] items,
      int[] sequence,
      int[] sees,
      float[] labels,
      float[] weights,
      int[][] context,
      int[] repeats,
      int[] visit) {

    static final Shown NONE =
        new Shown(
            new int[0],
            new int[0],
            new int[0],
            new float[0],
            new float[0],
            new int[0][],
            new int[0],
            new int[0]);

    int count() {
      return items.length;
    }
  }

  int sequences() {
    return start.length - 1;
  }

  int tokens() {
    return items.length;
  }

  /** Tokens that predict the next item. */
  int targetCount() {
    int count = 0;
    for (int target : targets) {
      count += target > 0 ? 1 : 0;
    }
    return count;
  }
}
