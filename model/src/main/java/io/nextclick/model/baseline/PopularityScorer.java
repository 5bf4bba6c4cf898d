// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.Retriever;
import io.nextclick.model.retrieve.TopK;
import java.util.function.IntPredicate;

/** Scores an item by how often users wanted it, whoever asks. */
public final class PopularityScorer implements Scorer, Retriever {

  private final Vocabulary vocabulary;
  private final long[] counts; // (items + 1,) by row; 0 for the unknown item
  private final PopularityOrder order;

  private PopularityScorer(Vocabulary vocabulary, long[] counts) {
    this.vocabulary = vocabulary;
    this.counts = counts;
    this.order = new PopularityOrder(counts);
  }

  /** Counts every occurrence of every item. */
  public static PopularityScorer fit(ItemSequences sequences) {
    return new PopularityScorer(sequences.vocabulary(), count(sequences));
  }

  /** (items + 1,) how often each row occurs. */
  static long[] count(ItemSequences sequences) {
    long[] counts = new long[sequences.vocabulary().size() + 1];
    sequences.forEach(rows -> {
      for (int row : rows) {
        counts[row]++;
      }
    });
    return counts;
  }

  @Override
  public String name() {
    return "popularity";
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /** None: every user gets the same scores. */
  @Override
  public int maxHistory() {
    return 0;
  }

  /** The counts; above 2^24 neighbouring counts may become one float. */
  @Override
  public float[] score(EncodedRequest request) {
    int[] candidates = request.candidates();
    float[] scores = new float[candidates.length];
    for (int c = 0; c < scores.length; c++) {
      scores[c] = counts[candidates[c]];
    }
    return scores;
  }

  @Override
  public Retriever retriever() {
    return this;
  }

  @Override
  public Best retrieve(
      EncodedRequest request, int k, IntPredicate accept, Parallelism parallelism) {
    TopK best = new TopK(Math.min(k, vocabulary.size()));
    order.offer(best, row -> counts[row], accept);
    return best.best();
  }
}
