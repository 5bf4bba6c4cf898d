// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * How a number is spread: the least that a tenth, half, 90 % and 99 % do not exceed, and the
 * largest.
 */
public record Quantiles(long p10, long p50, long p90, long p99, long most) {

  static Quantiles of(LongStream values) {
    long[] sorted = values.toArray();
    Arrays.sort(sorted);
    return new Quantiles(
        at(sorted, 0.1), at(sorted, 0.5), at(sorted, 0.9), at(sorted, 0.99), at(sorted, 1));
  }

  private static long at(long[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
  }
}
