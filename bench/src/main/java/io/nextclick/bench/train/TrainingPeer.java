// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.train;

import java.util.List;

/**
 * Another library that trains the same model on the same sequences; {@link TrainCommand} asks those
 * that it finds on the class path.
 */
public interface TrainingPeer {

  /**
   * SASRec with a full softmax over all items.
   *
   * @param batch users per step
   */
  record Shape(
      int items,
      int dim,
      int layers,
      int feedForward,
      int maxHistory,
      int batch,
      double dropout,
      double learningRate) {}

  /** The library and its version. */
  String name();

  /**
   * Trains.
   *
   * @param sequences rows from 1 of each user, oldest first; what precedes the last one is read,
   *     the next one predicted
   * @return seconds of each epoch
   */
  List<Double> train(Shape shape, List<int[]> sequences, int epochs, int threads);
}
