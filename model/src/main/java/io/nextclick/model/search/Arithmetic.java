// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainingSettings.NextItem;

/**
 * How much there is to compute in an epoch, about, in floating-point operations: what one recipe
 * takes beside another. Which of them are tried follows from this, and not from a clock, so that
 * the same search comes to the same end.
 *
 * @param users with a sequence
 * @param events that are learnt from
 * @param impressions that are learnt from; 0 for none
 * @param items of the catalogue
 * @param medianEvents of a user
 */
public record Arithmetic(
    long users, long events, long impressions, long items, double medianEvents) {

  private static final double BACKWARD = 2; // times the forward pass
  private static final double PER_PARAMETER = 12; // of a step of the optimizer
  private static final double PER_TOKEN = 20_000; // embeddings, norms, softmax, what is not counted

  /** Operations of one epoch over all users. */
  public double epoch(Recipe recipe) {
    EncoderConfig encoder = recipe.encoder();
    double dim = encoder.dim();
    double mean = (double) events / Math.max(1, users);
    double length = Math.min(Math.max(mean, medianEvents), encoder.maxHistory());
    double reach = Math.min(1, (double) recipe.objective().windows() * encoder.maxHistory() / mean);
    double tokens = events * reach;
    double asked = encoder.scoring() == Scoring.ATTEND ? impressions : 0;
    double feedForward = (double) encoder.feedForward() + encoder.mapped(encoder.feedForward());
    double layer = 2 * (4 * dim * dim + dim * feedForward) + 2 * length * dim; // causal
    double forward = (tokens + asked) * (encoder.layers() * layer + PER_TOKEN);
    forward += impressions * (2 * dim * feedForward + PER_TOKEN);
    forward += targets(recipe, tokens) * compared(recipe) * dim * 2;
    double steps = (double) users / recipe.optimizer().batch();
    double parameters = items * dim + encoder.layers() * (4 * dim * dim + 2 * dim * dim);
    return forward * (1 + BACKWARD) + steps * parameters * PER_PARAMETER;
  }

  private static double targets(Recipe recipe, double tokens) {
    return recipe.objective().nextItemWeight() > 0 ? tokens : 0;
  }

  /** Items that a target is compared with. */
  private double compared(Recipe recipe) {
    NextItem loss = recipe.objective().nextItem();
    return loss == NextItem.NONE
        ? 0
        : loss == NextItem.FULL ? items : Math.min(items, recipe.objective().negatives());
  }

  /** Of a whole training, or of a trial of it. */
  double training(Recipe recipe, int epochs, double share) {
    return epoch(recipe) * epochs * share;
  }
}
