// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

import java.util.Arrays;
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
public record PackedBatch(
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
  public static final int START = -1;

  /**
   * Impressions, ordered by sequence.
   *
   * @param items (candidates) rows of the item embedding
   * @param sequence (candidates) whose history they see; not decreasing
   * @param visibleLength (candidates) how many of its tokens they see, with dot at least 1
   * @param labels (candidates) 1 if it was clicked, else 0
   * @param weights (candidates) share in the loss
   * @param context (candidates) buckets of the user's and the request's fields
   * @param repeats (candidates) how often the history that they see has the item, not only shown
   * @param visit (candidates) the visit of their sequence, from 0, in which they are shown
   * @param newest (candidates) the token of their sequence, from 0, that was acted on last in that
   *     visit; -1 for none
   * @param previous (candidates) the one acted on before that, of another item; -1 for none
   * @param hours (candidates) hours since 1970 by the clock of the request
   * @param place (candidates) on the page of items that were shown together, from 0, which are in
   *     their order; -1 where nobody knows
   * @param fields (candidates, names) numbers that came with each, NaN for none; a row is empty
   *     where it has none at all
   */
  public record Shown(
      int[] items,
      int[] sequence,
      int[] visibleLength,
      float[] labels,
      float[] weights,
      int[][] context,
      int[] repeats,
      int[] visit,
      int[] newest,
      int[] previous,
      int[] hours,
      int[] place,
      float[][] fields) {

    private static final float[] NO_FIELDS = {};

    /** None. */
    public static final Shown NONE = of(0);

    /** So many, all of them yet to be filled in. */
    public static Shown of(int count) {
      return new Shown(
          new int[count],
          new int[count],
          new int[count],
          new float[count],
          new float[count],
          new int[count][],
          new int[count],
          new int[count],
          new int[count],
          new int[count],
          new int[count],
          unplaced(count),
          withoutFields(count));
    }

    private static int[] unplaced(int count) {
      int[] places = new int[count];
      Arrays.fill(places, -1);
      return places;
    }

    private static float[][] withoutFields(int count) {
      float[][] fields = new float[count][];
      Arrays.fill(fields, NO_FIELDS); // one for all
      return fields;
    }

    /** Number {@code k} of candidate {@code c}; NaN if it has none. */
    public float field(int c, int k) {
      return k < fields[c].length ? fields[c][k] : Float.NaN;
    }

    /** How many there are. */
    public int count() {
      return items.length;
    }
  }

  public int sequences() {
    return start.length - 1;
  }

  public int tokens() {
    return items.length;
  }

  /** Tokens that predict the next item. */
  public int targetCount() {
    int count = 0;
    for (int target : targets) {
      count += target > 0 ? 1 : 0;
    }
    return count;
  }
}
