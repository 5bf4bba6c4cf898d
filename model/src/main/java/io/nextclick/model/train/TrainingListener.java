// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import java.io.IOException;

/** Is notified of the progress of a training. */
public interface TrainingListener {

  /**
   * What is going to happen.
   *
   * @param items with a row of their own
   * @param examples one or more per user
   * @param targets next items to predict
   * @param impressions to predict
   * @param parameters of the model
   * @param bytes on the heap for all of it, about
   * @param kernel that it runs on
   */
  record Plan(
      int items,
      int examples,
      long targets,
      long impressions,
      long parameters,
      long bytes,
      String kernel) {}

  /**
   * Where it stands.
   *
   * @param epoch in progress, from 1
   * @param batch done in it
   * @param batches of an epoch
   * @param loss mean of the epoch so far, nats
   * @param tokens history entries and impressions in the batch just done
   */
  record Position(int epoch, int batch, int batches, double loss, long tokens) {}

  /**
   * Before the first batch.
   *
   * @throws IOException if there is no room for it; nothing is trained
   */
  void start(Plan plan) throws IOException;

  /** After a batch. */
  void batch(Position position);

  /** After an epoch. */
  void epoch(Epoch epoch, boolean best);
}
