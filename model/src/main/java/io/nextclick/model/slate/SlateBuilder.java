// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import java.util.Arrays;

/**
 * Chooses and orders the items of a page. The same input gives the same page; where two candidates
 * are equally good, the first of the shortlist is taken.
 */
@FunctionalInterface
public interface SlateBuilder {

  /**
   * Builds a page. Where nothing is allowed at a place, the page ends before it.
   *
   * @param empty the page before anything is placed, of a model or of the truth
   * @param values (candidates,) what a click on each is worth, from 0
   * @param places items on the page at most
   */
  Slate build(Prefix empty, double[] values, int places, Limits limits);

  /** Values of candidates that are all worth the same: the sum is the expected number of clicks. */
  static double[] clicks(int candidates) {
    double[] values = new double[candidates];
    Arrays.fill(values, 1);
    return values;
  }
}
