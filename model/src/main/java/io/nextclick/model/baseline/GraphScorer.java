// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.Retriever;
import io.nextclick.model.retrieve.TopK;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * The transition graph alone, without anything learnt: scores an item by the hops that lead to it
 * from the items acted on last, and by its popularity.
 *
 * <pre>
 *  score(b) = 1.3 log(1 + next(b) / 0.02) + 1.5 log(1 + pairs(b) / 0.02) + 0.6 log(1 + far(b) / 0.02)
 *           + 0.5 log(1 + alike(b) / 0.02) + 0.5 log(1 + count(b))
 * </pre>
 *
 * with the sums of {@link Successors} over the tables of {@link TransitionGraph}, the last one
 * where the log has attributes of items. The numbers are those that fit a sparse shop.
 */
public final class GraphScorer implements Scorer, Retriever {

  /** A sum of this size counts as one: shares of a few percent are what tells items apart. */
  public static final double UNIT = 0.02;

  /** Successors per item and table. */
  public static final int SUCCESSORS = 64;

  /** Of each table, in the order of {@link TransitionGraph#tables}. */
  private static final double[] WEIGHTS = {1.3, 1.5, 0.6, 0.5};

  private static final double POPULARITY = 0.5;

  /** The weights of so many tables, and that of popularity. */
  public static double[] weights(int tables) {
    double[] all = Arrays.copyOf(WEIGHTS, tables + 1);
    all[tables] = POPULARITY;
    return all;
  }

  /** History entries read to find items acted on among impressions. */
  private static final int MAX_HISTORY = 256;

  private final Vocabulary vocabulary;
  private final PositiveActions positive;
  private final TransitionGraph graph;
  private final List<TransitionGraph.Table> tables;
  private final PopularityOrder order;

  /**
   * A scorer.
   *
   * @param positive the actions by which a user wants an item
   */
  public GraphScorer(Vocabulary vocabulary, PositiveActions positive, TransitionGraph graph) {
    this.vocabulary = vocabulary;
    this.positive = positive;
    this.graph = graph;
    this.tables = graph.tables();
    long[] counts = new long[graph.counts().length];
    for (int row = 0; row < counts.length; row++) {
      counts[row] = (long) graph.counts()[row];
    }
    this.order = new PopularityOrder(counts);
  }

  /** Counts what followed what. */
  public static GraphScorer fit(ItemSequences sequences, PositiveActions positive) {
    return new GraphScorer(
        sequences.vocabulary(), positive, TransitionGraph.of(sequences, SUCCESSORS, true));
  }

  @Override
  public String name() {
    return "graph";
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public int maxHistory() {
    return MAX_HISTORY;
  }

  @Override
  public float[] score(EncodedRequest request) {
    Successors successors = Successors.of(positive.last(request, MarkovScorer.ORDER), tables);
    int[] candidates = request.candidates();
    float[] scores = new float[candidates.length];
    for (int c = 0; c < scores.length; c++) {
      scores[c] = score(successors, candidates[c]);
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
    Successors successors = Successors.of(positive.last(request, MarkovScorer.ORDER), tables);
    TopK best = new TopK(Math.min(k, vocabulary.size()));
    for (int row : successors.rows()) {
      best.offer(score(successors, row), row, accept);
    }
    order.offer(best, this::ofPopularity, row -> !successors.has(row) && accept.test(row));
    return best.best();
  }

  private float score(Successors successors, int row) {
    double sum = ofPopularity(row);
    for (int table = 0; table < tables.size(); table++) {
      sum += WEIGHTS[table] * Math.log1p(successors.of(table, row) / UNIT);
    }
    return (float) sum;
  }

  private float ofPopularity(int row) {
    return (float) (POPULARITY * Math.log1p(graph.counts()[row]));
  }
}
