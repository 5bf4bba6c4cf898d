// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

/**
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): a candidate is worth its
 * relevance less its likeness to what it is most alike of the items placed.
 *
 * <p>What it says of a candidate is no probability, but that difference plus {@code 1 - lambda}: a
 * number from 0 to 1 in the same order, {@code lambda * relevance + (1 - lambda) * (1 -
 * similarity)}.
 */
public final class MarginalRelevance implements Prefix {

  private final double[] relevance; // (candidates,)
  private final Similarity similarity;
  private final double lambda;
  private final int size;
  private final double[] closest; // (candidates,) the greatest similarity to an item placed

  private MarginalRelevance(
      double[] relevance, Similarity similarity, double lambda, int size, double[] closest) {
    this.relevance = relevance;
    this.similarity = similarity;
    this.lambda = lambda;
    this.size = size;
    this.closest = closest;
  }

  /**
   * A page before anything is placed.
   *
   * @param relevance (candidates,) from 0 to 1
   * @param lambda what relevance counts, from 0 to 1; the rest is what likeness counts
   */
  public static Prefix empty(double[] relevance, Similarity similarity, double lambda) {
    return new MarginalRelevance(relevance, similarity, lambda, 0, new double[relevance.length]);
  }

  /**
   * Scores as relevance: the least of them is 0, the greatest 1.
   *
   * @param scores finite, of any scale
   */
  public static double[] relevance(double[] scores) {
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      least = Math.min(least, score);
      greatest = Math.max(greatest, score);
    }
    double[] relevance = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      relevance[i] = greatest > least ? (scores[i] - least) / (greatest - least) : 1;
    }
    return relevance;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void probabilities(double[] into) {
    for (int i = 0; i < into.length; i++) {
      into[i] = Math.clamp(lambda * relevance[i] + (1 - lambda) * (1 - closest[i]), 0.0, 1.0);
    }
  }

  @Override
  public Prefix then(int candidate) {
    double[] closer = closest.clone();
    for (int i = 0; i < closer.length; i++) {
      closer[i] = Math.max(closer[i], similarity.of(candidate, i));
    }
    return new MarginalRelevance(relevance, similarity, lambda, size + 1, closer);
  }
}
