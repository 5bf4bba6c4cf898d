// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Draws ranks from 0 with probability proportional to 1 / (rank + 1): few users come often. */
final class Zipf {

  private final double[] cumulated;

  Zipf(int ranks) {
    cumulated = new double[ranks];
    double sum = 0;
    for (int i = 0; i < ranks; i++) {
      sum += 1.0 / (i + 1);
      cumulated[i] = sum;
    }
  }

  int draw(RandomGenerator random) {
    double point = random.nextDouble() * cumulated[cumulated.length - 1];
    int found = Arrays.binarySearch(cumulated, point);
    return Math.min(found < 0 ? ~found : found + 1, cumulated.length - 1);
  }
}
