// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

/**
 * A page, and how likely each of its items is clicked.
 *
 * @param candidates numbers in the shortlist, first place first
 * @param probabilities how likely each is clicked at its place, after those before it
 * @param value the sum of the candidates' values, each times its probability: the expected number
 *     of clicks where every value is 1
 */
public record Slate(int[] candidates, double[] probabilities, double value) {

  /**
   * The page of these candidates in this order, whoever chose them.
   *
   * @param empty says how likely the clicks are
   * @param values (candidates,) of the shortlist
   */
  public static Slate of(Prefix empty, double[] values, int[] candidates) {
    double[] all = new double[values.length];
    double[] probabilities = new double[candidates.length];
    double value = 0;
    Prefix prefix = NextPlace.requireEmpty(empty);
    for (int place = 0; place < candidates.length; place++) {
      prefix.probabilities(all);
      int candidate = candidates[place];
      probabilities[place] = NextPlace.requireProbability(all[candidate], candidate, place);
      value += values[candidate] * probabilities[place];
      if (place + 1 < candidates.length) {
        prefix = prefix.then(candidate);
      }
    }
    return new Slate(candidates.clone(), probabilities, value);
  }
}
