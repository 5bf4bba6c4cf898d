// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import io.nextclick.features.encode.EncodedRequest;
import java.util.function.IntPredicate;

/** Finds the best items of a whole vocabulary. Safe for any thread. */
public interface Retriever {

  /**
   * The accepted items with the highest scores: exactly those that scoring every item and sorting
   * by score, then by row, would put first.
   *
   * @param request its history is read; its candidates are not looked at
   * @param k items wanted
   * @param accept whether a row, 1 to the vocabulary's size, may be found; asked from several
   *     threads, and only of rows that would be among the best so far
   * @param parallelism threads that share in the search
   */
  Best retrieve(EncodedRequest request, int k, IntPredicate accept, Parallelism parallelism);

  /**
   * What was found, best first.
   *
   * @param rows (found,) at most k
   * @param scores (found,) as the scorer gives them
   */
  record Best(int[] rows, float[] scores) {}
}
