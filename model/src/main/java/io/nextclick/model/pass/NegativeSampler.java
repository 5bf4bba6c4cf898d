// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import java.util.SplittableRandom;

/** Draws negatives that stand for the whole catalogue. */
public interface NegativeSampler {

  /** Rows that it draws at most. */
  int most();

  /**
   * Draws rows, each once.
   *
   * @param rows (most) receives them
   * @param shifts (most) receives what the softmax adds to each one's logit: {@code -log} of how
   *     likely it was to be drawn, so that it stands for those that were not
   * @return how many were drawn
   */
  int draw(SplittableRandom random, int[] rows, float[] shifts);
}
