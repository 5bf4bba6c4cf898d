// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

/** A part in training, as all threads share it. */
public interface TrainedPart {

  /** Takes new weights in; before the first step and after each. */
  default void renew() {}

  /**
   * Its passes over batches, for one thread.
   *
   * @param items the vectors of the items
   */
  TrainingStep pass(ItemVectors items);
}
