// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.Retriever;
import org.jspecify.annotations.Nullable;

/**
 * A scorer of logits with its calibration.
 *
 * @param scorer gives logits
 * @param calibration makes probabilities of them
 */
public record CalibratedScorer(Scorer scorer, Calibration calibration) implements Scorer {

  @Override
  public String name() {
    return scorer.name();
  }

  @Override
  public Vocabulary vocabulary() {
    return scorer.vocabulary();
  }

  @Override
  public int maxHistory() {
    return scorer.maxHistory();
  }

  @Override
  public boolean readsContext() {
    return scorer.readsContext();
  }

  @Override
  public int attributeBuckets() {
    return scorer.attributeBuckets();
  }

  @Override
  public boolean readsImpressions() {
    return scorer.readsImpressions();
  }

  @Override
  public float[] score(EncodedRequest request) {
    return scorer.score(request);
  }

  @Override
  public @Nullable Retriever retriever() {
    return scorer.retriever();
  }

  @Override
  public float @Nullable [][] attention(EncodedRequest request) {
    return scorer.attention(request);
  }

  @Override
  public double probability(float score, EncodedRequest request) {
    return calibration.probability(score);
  }

  @Override
  public boolean calibrated() {
    return calibration.fitted();
  }

  @Override
  public void close() {
    scorer.close();
  }
}
