// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.ForwardingScorer;
import io.nextclick.model.Scorer;
import io.nextclick.model.slate.Prefix;
import java.util.Arrays;

/**
 * A scorer of a test that knows pages: a candidate is clicked with a hundredth of its score, and
 * half as likely after each neighbour on the shortlist.
 */
public record PlacingScorer(Scorer scorer, boolean calibrated) implements ForwardingScorer {

  @Override
  public double probability(float score, EncodedRequest request) {
    return score / 100;
  }

  @Override
  public Prefix page(EncodedRequest request) {
    return new Apart(scorer.score(request), new int[0]);
  }

  private record Apart(float[] scores, int[] placed) implements Prefix {

    @Override
    public int size() {
      return placed.length;
    }

    @Override
    public void probabilities(double[] into) {
      for (int c = 0; c < scores.length; c++) {
        into[c] = scores[c] / 100;
        for (int other : placed) {
          into[c] /= Math.abs(other - c) == 1 ? 2 : 1;
        }
      }
    }

    @Override
    public Prefix then(int candidate) {
      int[] longer = Arrays.copyOf(placed, placed.length + 1);
      longer[placed.length] = candidate;
      return new Apart(scores, longer);
    }
  }
}
