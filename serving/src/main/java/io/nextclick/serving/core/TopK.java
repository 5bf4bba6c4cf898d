// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import java.util.Arrays;

/** Selects the highest scores without sorting the others. */
public final class TopK {

  /*
   * Score and index share one long: the score's bits, made to sort as integers do, above the
   * complement of the index. So "higher score, then lower index" is plain comparison of longs. A
   * heap of the k largest, its smallest at the root, takes n log k steps and k longs.
   */

  private TopK() {}

  /**
   * The indexes of the {@code k} highest scores, best first; equal scores keep their order.
   *
   * @param scores finite
   */
  public static int[] select(float[] scores, int k) {
    long[] heap = new long[Math.min(k, scores.length)];
    for (int i = 0; i < heap.length; i++) {
      heap[i] = key(scores[i], i);
    }
    Arrays.sort(heap); // a sorted array is a heap
    for (int i = heap.length; i < scores.length && heap.length > 0; i++) {
      long key = key(scores[i], i);
      if (key > heap[0]) {
        replaceRoot(heap, key);
      }
    }
    Arrays.sort(heap);
    int[] best = new int[heap.length];
    for (int i = 0; i < best.length; i++) {
      best[i] = ~(int) heap[best.length - 1 - i];
    }
    return best;
  }

  private static long key(float score, int index) {
    int bits = Float.floatToIntBits(score + 0f); // + 0f: -0 and 0 are equal scores
    int sortable = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return ((long) sortable << 32) | (~index & 0xffffffffL);
  }

  private static void replaceRoot(long[] heap, long key) {
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
