// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Keeps the {@code k} highest scores of all that are offered, without sorting the others. Of equal
 * scores, the lower index counts as higher. For one thread.
 */
public final class TopK {

  /*
   * Score and index share one long: the score's bits, made to sort as integers do, above the
   * complement of the index. So "higher score, then lower index" is plain comparison of longs. A
   * heap of the k largest, its smallest at the root, takes n log k steps and k longs.
   */

  private final long[] heap; // (k,) its smallest at the root; padded with the lowest of all
  private int size;

  /** Keeps nothing yet. */
  public TopK(int k) {
    heap = new long[k];
    Arrays.fill(heap, Long.MIN_VALUE);
  }

  /**
   * The indexes of the {@code k} highest scores, best first; equal scores keep their order.
   *
   * @param scores finite
   */
  public static int[] select(float[] scores, int k) {
    TopK best = new TopK(Math.min(k, scores.length));
    best.offer(scores, scores.length, 0, TopK::any);
    return best.indexes();
  }

  /**
   * Offers the scores of consecutive indexes.
   *
   * @param scores the first {@code length} are offered; finite
   * @param first the index of {@code scores[0]}
   * @param accept asked only for indexes that would be kept
   */
  public void offer(float[] scores, int length, int first, IntPredicate accept) {
    float floor = floor();
    for (int i = 0; i < length; i++) {
      if (scores[i] >= floor && offer(key(scores[i], first + i), first + i, accept)) {
        floor = floor();
      }
    }
  }

  /** Offers one score. */
  public void offer(float score, int index, IntPredicate accept) {
    if (heap.length > 0) {
      offer(key(score, index), index, accept);
    }
  }

  /** Offers all that another one keeps. */
  public void offer(TopK other) {
    for (long key : other.heap) {
      if (key != Long.MIN_VALUE && heap.length > 0) {
        offer(key, index(key), TopK::any);
      }
    }
  }

  private boolean offer(long key, int index, IntPredicate accept) {
    if (key <= heap[0] || !accept.test(index)) {
      return false;
    }
    replaceRoot(key);
    size = Math.min(size + 1, heap.length);
    return true;
  }

  /** The k. */
  int capacity() {
    return heap.length;
  }

  /**
   * No score below this one would be kept: the lowest kept; negative infinity while there is room.
   */
  public float floor() {
    if (size < heap.length) {
      return Float.NEGATIVE_INFINITY;
    }
    return heap.length == 0 ? Float.POSITIVE_INFINITY : score(heap[0]);
  }

  /** What is kept, best first. */
  public Retriever.Best best() {
    long[] sorted = sorted();
    int[] rows = new int[size];
    float[] scores = new float[size];
    for (int i = 0; i < size; i++) {
      rows[i] = index(sorted[i]);
      scores[i] = score(sorted[i]);
    }
    return new Retriever.Best(rows, scores);
  }

  private int[] indexes() {
    return Arrays.stream(sorted()).mapToInt(TopK::index).toArray();
  }

  /** (size,) keys, highest first. */
  private long[] sorted() {
    long[] keys = heap.clone();
    Arrays.sort(keys);
    long[] sorted = new long[size];
    for (int i = 0; i < size; i++) {
      sorted[i] = keys[keys.length - 1 - i];
    }
    return sorted;
  }

  private static boolean any(int index) {
    return true;
  }

  private static long key(float score, int index) {
    int bits = Float.floatToIntBits(score + 0f); // + 0f: -0 and 0 are equal scores
    int sortable = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return ((long) sortable << 32) | (~index & 0xffffffffL);
  }

  private static int index(long key) {
    return ~(int) key;
  }

  private static float score(long key) {
    int sortable = (int) (key >> 32);
    return Float.intBitsToFloat(sortable ^ ((sortable >> 31) & Integer.MAX_VALUE));
  }

  private void replaceRoot(long key) {
    int at = 0;
    for (int child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= key) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = key;
  }
}
