// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

/**
 * The items placed so far on a page that is built from a shortlist of candidates, first place
 * first. Says how likely a click on each candidate is at the next place, after those. Immutable, so
 * that several pages can begin with the same items; for one thread, as all prefixes of a page are.
 */
public interface Prefix {

  /** How many items are placed. */
  int size();

  /**
   * How likely a click on each candidate is at the next place.
   *
   * @param into (candidates,) receives probabilities, 0 to 1; what it receives for a candidate that
   *     is placed means nothing
   */
  void probabilities(double[] into);

  /**
   * The prefix with one more item.
   *
   * @param candidate its number in the shortlist; one that is not placed yet
   */
  Prefix then(int candidate);
}
