// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.Retriever;
import io.nextclick.model.retrieve.TopK;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.IntPredicate;

/**
 * The decayed Markov chain: scores an item by what followed the items that the user wanted last.
 *
 * <p>With {@code a_k} the k-th wanted item from the end, {@code pop} the number of times an item
 * occurs, and {@code T[a][b] = sum over w = 1, 2, 3 of (count of b exactly w steps after a) / w},
 *
 * <pre>score(b) = sum for k = 0 to 9 of 0.8^k * T[a_k][b] / max(pop[a_k], 1) + 1e-9 * pop[b]</pre>
 *
 * <p>The last term orders what never followed, by popularity.
 */
public final class MarkovScorer implements Scorer, Retriever {

  /** Items of the history that count. */
  static final int ORDER = 10;

  /** Successors per item that serve well, at 8 bytes each. */
  public static final int SERVING_SUCCESSORS = 1_000;

  /** Every successor counts: for evaluation. */
  public static final int ALL_SUCCESSORS = Integer.MAX_VALUE;

  private static final double DECAY = 0.8;
  private static final double TIE_BREAK = 1e-9;

  /** History entries read to find {@value #ORDER} wanted items among impressions. */
  private static final int MAX_HISTORY = 256;

  /** From this share of all items on, it is cheaper to score all of them. */
  private static final int DENSE_SHARE = 16;

  // More threads than this at once make sums of their own for the while.
  private static final int SUMS_KEPT = Runtime.getRuntime().availableProcessors();

  private final Vocabulary vocabulary;
  private final PositiveActions positive;
  private final long[] popularity; // (items + 1,) by row
  private final TransitionCounts transitions;
  private final PopularityOrder order;
  private final ArrayBlockingQueue<SparseSums> pool = new ArrayBlockingQueue<>(SUMS_KEPT);

  private MarkovScorer(
      Vocabulary vocabulary,
      PositiveActions positive,
      long[] popularity,
      TransitionCounts transitions) {
    this.vocabulary = vocabulary;
    this.positive = positive;
    this.popularity = popularity;
    this.transitions = transitions;
    this.order = new PopularityOrder(popularity);
  }

  /**
   * Counts what followed what.
   *
   * @param positive the actions by which a user wants an item
   * @param maxSuccessors successors kept per item: {@link #SERVING_SUCCESSORS}, {@link
   *     #ALL_SUCCESSORS}
   */
  public static MarkovScorer fit(
      ItemSequences sequences, PositiveActions positive, int maxSuccessors) {
    return new MarkovScorer(
        sequences.vocabulary(),
        positive,
        PopularityScorer.count(sequences),
        TransitionCounts.of(sequences, maxSuccessors));
  }

  @Override
  public String name() {
    return "markov";
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public int maxHistory() {
    return MAX_HISTORY;
  }

  /** Sums in double precision; scores closer than a float can tell become ties. */
  @Override
  public float[] score(EncodedRequest request) {
    int[] wanted = positive.last(request, ORDER);
    int[] candidates = request.candidates();
    return candidates.length > vocabulary.size() / DENSE_SHARE
        ? scoreFromAllItems(wanted, candidates)
        : scoreOneByOne(wanted, candidates);
  }

  private float[] scoreFromAllItems(int[] wanted, int[] candidates) {
    SparseSums sums = sums(wanted);
    float[] scores = new float[candidates.length];
    for (int c = 0; c < scores.length; c++) {
      scores[c] = score(sums.get(candidates[c]), candidates[c]);
    }
    giveBack(sums);
    return scores;
  }

  /** What followed the wanted items, to be given back. */
  private SparseSums sums(int[] wanted) {
    SparseSums pooled = pool.poll();
    SparseSums sums = pooled == null ? new SparseSums(vocabulary.size() + 1) : pooled;
    double decay = 1;
    for (int from : wanted) {
      transitions.addRow(from, decay / Math.max(popularity[from], 1), sums);
      decay *= DECAY;
    }
    return sums;
  }

  private void giveBack(SparseSums sums) {
    sums.clear();
    pool.offer(sums);
  }

  private float[] scoreOneByOne(int[] wanted, int[] candidates) {
    float[] scores = new float[candidates.length];
    for (int c = 0; c < scores.length; c++) {
      double sum = 0;
      double decay = 1;
      for (int from : wanted) {
        sum += decay / Math.max(popularity[from], 1) * transitions.weight(from, candidates[c]);
        decay *= DECAY;
      }
      scores[c] = score(sum, candidates[c]);
    }
    return scores;
  }

  @Override
  public Retriever retriever() {
    return this;
  }

  /** What followed gets its sum; all else comes in the order of popularity. */
  @Override
  public Best retrieve(
      EncodedRequest request, int k, IntPredicate accept, Parallelism parallelism) {
    SparseSums sums = sums(positive.last(request, ORDER));
    TopK best = new TopK(Math.min(k, vocabulary.size()));
    sums.forEachRow(row -> best.offer(score(sums.get(row), row), row, accept));
    order.offer(best, row -> score(0, row), row -> sums.get(row) == 0 && accept.test(row));
    giveBack(sums);
    return best.best();
  }

  private float score(double sum, int row) {
    return (float) (sum + TIE_BREAK * popularity[row]);
  }
}
