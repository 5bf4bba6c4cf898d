// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

/** What may stand at a place, such as no more than three items of a category. */
@FunctionalInterface
public interface Limits {

  /** Whatever is not placed yet may stand anywhere. */
  Limits NONE = (placed, size, candidate) -> true;

  /**
   * Whether a candidate may stand at the next place, number {@code size} from 0.
   *
   * @param placed the first {@code size} entries are the candidates placed, first place first; not
   *     to be changed or kept
   * @param candidate its number in the shortlist; one that is not placed
   */
  boolean allows(int[] placed, int size, int candidate);
}
