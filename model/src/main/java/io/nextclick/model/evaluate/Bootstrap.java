// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Percentile intervals of metrics, by drawing users with replacement (Efron, 1979).
 *
 * <p>The draws depend on the seed and the number of users alone, so that two rankers are compared
 * on the same users.
 *
 * @param seed what the draws start from
 * @param resamples number of draws, such as 1,000
 */
public record Bootstrap(long seed, int resamples) {

  /** 1,000 resamples. */
  public static final Bootstrap DEFAULT = new Bootstrap(42, 1_000);

  private static final double TAIL = 0.025;

  /** Metrics of all rows, each user's rows counted as often as the user was drawn. */
  public interface Statistic {

    /**
     * The metrics of one draw.
     *
     * @param draws (users,) how often each user was drawn
     * @return (metrics,) always the same ones; NaN where the draw does not define one
     */
    double[] of(int[] draws);
  }

  /**
   * Draws users and computes the metrics of each draw, on all cores.
   *
   * @return (resamples, metrics); a difference of two columns is paired: both saw the same users
   */
  public double[][] resample(int users, Statistic statistic) {
    if (users == 0) {
      throw new IllegalArgumentException("no users to draw from");
    }
    double[][] values = new double[resamples][];
    IntStream.range(0, resamples)
        .parallel()
        .forEach(resample -> {
          SplittableRandom random = stream(resample);
          int[] draws = new int[users];
          for (int draw = 0; draw < users; draw++) {
            draws[random.nextInt(users)]++;
          }
          values[resample] = statistic.of(draws);
        });
    return values;
  }

  /** The ends of the 95 % interval of values, in any order; those that are NaN are left out. */
  public static double[] interval(double[] values) {
    double[] sorted =
        Arrays.stream(values).filter(value -> !Double.isNaN(value)).sorted().toArray();
    if (sorted.length == 0) {
      return new double[] {Double.NaN, Double.NaN};
    }
    int low = (int) (TAIL * (sorted.length - 1));
    return new double[] {sorted[low], sorted[sorted.length - 1 - low]};
  }

  /**
   * The random stream of one resample, so that the result does not depend on the threads. Seeds are
   * mixed by a draw: streams from neighbouring seeds would be the same one, shifted.
   */
  private SplittableRandom stream(int resample) {
    long base = new SplittableRandom(seed).nextLong();
    return new SplittableRandom(new SplittableRandom(base + resample).nextLong());
  }
}
