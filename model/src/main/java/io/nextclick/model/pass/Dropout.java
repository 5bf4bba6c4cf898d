// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import io.nextclick.model.kernel.TrainingKernels;

/**
 * Sets values to zero at random and scales up the others (Srivastava et al., JMLR 15, 2014). Which
 * ones follows from a key: the backward pass asks again instead of keeping masks.
 */
public final class Dropout {

  private static final int BITS = 16;

  private final TrainingKernels kernels;
  private final int threshold; // of 2^16: below it, a value is dropped
  private final float scale;
  private final long key;

  /**
   * With a rate, and a key of all decisions.
   *
   * @param rate share dropped, from 0 to below 1, rounded to 1/65,536
   * @param key of all decisions
   */
  public Dropout(TrainingKernels kernels, double rate, long key) {
    this.kernels = kernels;
    this.threshold = (int) Math.round(rate * (1 << BITS));
    this.scale = (float) (1 / (1 - threshold / (double) (1 << BITS)));
    this.key = key;
  }

  /** Whether it drops anything. */
  boolean active() {
    return threshold > 0;
  }

  /** Drops from {@code x[at]} on; the same site drops the same places again. */
  void apply(float[] x, int at, int length, long site) {
    if (threshold == 0) {
      return;
    }
    kernels.dropout(x, at, length, mix(key ^ mix(site)), threshold, scale);
  }

  /** The finaliser of SplitMix64 (Steele et al., OOPSLA 2014). */
  public static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
