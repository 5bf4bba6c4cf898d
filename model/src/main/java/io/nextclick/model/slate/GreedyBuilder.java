// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import java.util.Arrays;

/** Takes at each place the candidate that is worth most there. */
public final class GreedyBuilder implements SlateBuilder {

  @Override
  public Slate build(Prefix empty, double[] values, int places, Limits limits) {
    var next = new NextPlace(values, limits);
    int most = Math.min(places, values.length);
    int[] placed = new int[most];
    double[] probabilities = new double[most];
    double value = 0;
    Prefix prefix = NextPlace.requireEmpty(empty);
    int size = 0;
    while (size < most) {
      next.after(prefix, placed, size);
      int best = next.best();
      if (best < 0) {
        break;
      }
      value += next.worth(best);
      probabilities[size] = next.probability(best);
      placed[size++] = best;
      if (size < most) {
        prefix = prefix.then(best);
      }
    }
    return new Slate(Arrays.copyOf(placed, size), Arrays.copyOf(probabilities, size), value);
  }
}
