// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import io.nextclick.model.weights.Gradient;

/** How well states foretell the next item. */
public interface NextItemLoss {

  /**
   * The loss, summed over the states, and its derivatives.
   *
   * @param states (count, dim) with slack
   * @param count number of states
   * @param targets (count) the items that came
   * @param exclude (count) sorted rows that are no negatives of a state; rows may be shared
   * @param dStates (count, dim) receives the derivative with respect to the states
   * @param gradient receives those by items and their biases, added
   * @return the sum of all states' losses
   */
  double run(
      float[] states,
      int count,
      int[] targets,
      int[][] exclude,
      float[] dStates,
      Gradient gradient);
}
