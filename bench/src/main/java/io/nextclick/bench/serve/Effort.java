// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.time.Duration;

/**
 * How long and how often to measure.
 *
 * @param users in the store
 * @param warmUp before the first figure of a process
 * @param step one rate of a search
 * @param row the run whose percentiles are reported
 * @param steps of a search; each halves what is left
 */
record Effort(int users, Duration warmUp, Duration step, Duration row, int steps) {

  static final Effort FULL =
      new Effort(1_000, Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofSeconds(15), 6);
  static final Effort QUICK =
      new Effort(200, Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(3), 4);
}
