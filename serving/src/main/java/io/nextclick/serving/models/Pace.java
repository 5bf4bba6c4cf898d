// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

/**
 * Foretells how long a model takes, from how long it took: a smoothed mean and deviation of the
 * time per unit of work, as TCP foretells round trips (RFC 6298, section 2).
 */
public final class Pace {

  private static final double MEAN_GAIN = 1 / 8.0;
  private static final double DEVIATION_GAIN = 1 / 4.0;
  private static final double DEVIATIONS = 4;

  /** What was too slow is tried again after a while: every refusal makes the forecast shorter. */
  private static final double FORGET = 0.95;

  private double mean; // nanoseconds per unit; 0 before the first measurement
  private double deviation;

  /** {@code units} of work took {@code nanos}. */
  public synchronized void took(long nanos, int units) {
    double perUnit = (double) nanos / units;
    if (mean == 0) {
      mean = perUnit;
      deviation = perUnit / 2;
    } else {
      deviation += DEVIATION_GAIN * (Math.abs(perUnit - mean) - deviation);
      mean += MEAN_GAIN * (perUnit - mean);
    }
  }

  /** Whether {@code units} of work are expected to end within {@code nanos}. */
  public synchronized boolean fits(int units, long nanos) {
    boolean fits = (mean + DEVIATIONS * deviation) * units <= nanos;
    if (!fits) {
      mean *= FORGET;
      deviation *= FORGET;
    }
    return fits;
  }
}
