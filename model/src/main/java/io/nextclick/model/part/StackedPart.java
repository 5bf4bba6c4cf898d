// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.model.baseline.TransitionGraph;
import java.util.Map;

/**
 * A part that is not trained with the encoder: its tables are counted on the training part of the
 * log, and the weights of what they say, the encoder's own logit among it, are fitted to the
 * validation part once the encoder is there.
 */
public interface StackedPart extends ModelPart {

  /** Items that are kept of each item's successors. */
  int successors();

  /** Weights of one class of histories. */
  int features();

  /** Classes of histories, by their length; each has weights of its own. */
  int classes();

  /**
   * The tensors.
   *
   * @param graph what was counted
   * @param weights (classes)(features)
   */
  Map<String, float[]> tensors(TransitionGraph graph, double[][] weights);

  /** What the tables say of a request. */
  ItemGraph.Counts counts(EncoderWeights weights);
}
