// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

/**
 * A prefix that knows how likely a click can become at most: what a search for the best of all
 * pages needs. A truth can say it, a model cannot.
 *
 * <p>A click takes two things: the place is looked at, which depends on the place alone; and the
 * item is wanted, which depends on which items stand before it, not on their order.
 */
public interface BoundedPrefix extends Prefix {

  /** How likely a place is looked at, from 0; never more than at the place before it. */
  double attention(int place);

  /**
   * How likely each candidate is wanted at most, at the next place or any later one, whatever is
   * placed in between.
   *
   * @param into (candidates,) receives probabilities; what it receives for a candidate that is
   *     placed means nothing
   */
  void most(double[] into);

  @Override
  BoundedPrefix then(int candidate);
}
