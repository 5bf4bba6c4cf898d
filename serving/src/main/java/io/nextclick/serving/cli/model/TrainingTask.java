// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.search.SearchSpace;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.TrainingListener;
import io.nextclick.model.train.decoder.TrainedDecoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is learnt of a log, whatever the recipe is. */
interface TrainingTask {

  /**
   * How it is trained.
   *
   * @param threads that compute
   * @param checkpoint the file to go on from, and to keep the state in; null for none
   * @param stop whether the epoch in progress is to be the last one
   * @param last whether the model is to be published, and not a trial
   */
  record Run(
      long seed,
      int threads,
      @Nullable Path checkpoint,
      TrainingListener listener,
      BooleanSupplier stop,
      boolean last) {}

  /**
   * Trains a recipe.
   *
   * @param users share of the users, 1 for all
   * @throws IllegalArgumentException if there is nothing to learn from; the message says why
   */
  TrainedModel train(Recipe recipe, double users, Run run) throws IOException;

  /**
   * Trains a decoder on top of a model that was trained on the same log.
   *
   * @param layers of the decoder
   * @throws IllegalArgumentException if the log has no pages to learn from
   */
  default TrainedDecoder decoder(
      TrainedModel model, Recipe recipe, int layers, Run run, Consumer<TrainedDecoder.Epoch> heard)
      throws IOException {
    throw new IllegalArgumentException(
        "a decoder is trained on pages of items that were shown: the log has none with a request");
  }

  /**
   * Keeps what is read of the log in memory, for many trainings.
   *
   * @param most bytes that it may take, about
   * @return what is kept, or why it is not, in words; null where nothing is read again
   */
  default @Nullable String keep(long most) {
    return null;
  }

  /** What may be tried on this log. */
  SearchSpace space() throws IOException;

  /** What a bundle says of how the log was read. */
  Map<String, String> provenance();
}
