// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

/**
 * What one open-loop run measured. Latency is that of the answers with status 200, from the
 * intended send time.
 *
 * @param rate wanted, requests per second
 * @param sent requests per second that were sent
 * @param good answers per second from the first model
 * @param refused answers per second that say the service is full
 * @param failed requests without such an answer
 * @param lagMillis 99th percentile of how late the generator itself was
 */
record LoadResult(
    double rate,
    double sent,
    double good,
    double refused,
    long failed,
    double p50Millis,
    double p99Millis,
    double p999Millis,
    double lagMillis) {

  private static final double OBJECTIVE_MILLIS = 10;

  /** Whether every request got a ranked list, and 99 of 100 in under 10 ms. */
  boolean meetsObjective() {
    return failed == 0 && refused == 0 && p99Millis < OBJECTIVE_MILLIS;
  }
}
