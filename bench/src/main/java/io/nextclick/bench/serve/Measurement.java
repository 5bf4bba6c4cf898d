// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is measured of one service with one kind of request. */
final class Measurement {

  /** Clients that keep a service busy: more add waiting, and no answers. */
  private static final int BUSY = 4;

  /** Clients that keep a server busy which only refuses. */
  private static final int REFUSED = 16;

  /** Requests of a closed loop, and of a run at a low rate, at most. */
  private static final int FEW = 20;

  private static final double OBJECTIVE_SECONDS = 0.010;
  private static final int ATTEMPTS = 5;

  /** The generator may be this late; beyond, its own delay would show in the latency. */
  private static final double MAX_LAG_MILLIS = 1;

  /** Goodput counts answers and not their latency: the arrivals only have to be there. */
  private static final double MAX_LAG_WHEN_FLOODED_MILLIS = 20;

  private final Clients load;
  private final Effort effort;

  Measurement(Clients load, Effort effort) {
    this.load = load;
    this.effort = effort;
  }

  /**
   * Latency at half the capacity, and the highest rate that keeps the objective.
   *
   * @param capacity answers per second with clients enough
   * @param atHalf the run at half of that
   * @param maxRate the highest rate whose 99th percentile was below 10 ms; 0 if there is none
   */
  record Result(double capacity, LoadResult atHalf, double maxRate) {}

  /** Goodput at multiples of the capacity. */
  record Goodput(double peak, double refusals, Map<Integer, LoadResult> at) {

    /** Goodput as a percentage of the peak. */
    double percent(int times) {
      LoadResult result = at.get(times);
      return result == null ? 0 : 100 * result.good() / peak;
    }

    /**
     * The most that any service could reach on these cores: reading a request and refusing it takes
     * 1 / {@link #refusals} seconds, which are lost for answers. From {@code good / peak + (offered
     * - good) / refusals = 1}.
     */
    double cap(int times) {
      LoadResult result = at.get(times);
      double offered = result == null ? 0 : result.sent();
      return 100 * Math.clamp((1 - offered / refusals) / (1 - peak / refusals), 0, 1);
    }
  }

  /** Lets the service compile its code. */
  void warmUp() throws IOException, InterruptedException {
    load.closedLoop(BUSY, effort.warmUp(), Integer.MAX_VALUE);
  }

  Result measure() throws IOException, InterruptedException {
    double alone = load.closedLoop(1, effort.step(), FEW);
    if (alone < 1 / OBJECTIVE_SECONDS) {
      return new Result(alone, run(alone / 2, lengthOf(alone / 2)), 0);
    }
    double capacity = load.closedLoop(BUSY, effort.step(), Integer.MAX_VALUE);
    double low = 0;
    double high = capacity;
    for (int i = 0; i < effort.steps(); i++) {
      double rate = (low + high) / 2;
      if (run(rate, effort.step()).meetsObjective()) {
        low = rate;
      } else {
        high = rate;
      }
    }
    return new Result(capacity, run(capacity / 2, effort.row()), low);
  }

  /** Slow services are asked few times only. */
  private Duration lengthOf(double rate) {
    return Duration.ofMillis(Math.max(effort.row().toMillis(), (long) (1_000 * FEW / rate)));
  }

  /**
   * Goodput at each multiple of the capacity.
   *
   * @param refusals requests per second that a server on the same cores can read and turn down
   */
  Goodput goodput(double refusals, int... multiples) throws IOException, InterruptedException {
    double capacity = load.closedLoop(BUSY, effort.step(), Integer.MAX_VALUE);
    double peak = 0; // closed loops leave gaps: an open loop may get more answers
    for (double share : new double[] {0.9, 1.0, 1.2}) {
      peak =
          Math.max(peak, run(share * capacity, effort.row(), MAX_LAG_WHEN_FLOODED_MILLIS).good());
    }
    double most = Math.max(capacity, peak);
    Map<Integer, LoadResult> at = new LinkedHashMap<>();
    for (int times : multiples) {
      LoadResult result = run(times * most, effort.row(), MAX_LAG_WHEN_FLOODED_MILLIS);
      at.put(times, result);
      peak = Math.max(peak, result.good());
    }
    return new Goodput(peak, refusals, at);
  }

  /** Requests per second that are answered, whatever the answer. */
  double throughput() throws IOException, InterruptedException {
    load.closedLoop(REFUSED, effort.step(), Integer.MAX_VALUE);
    return load.closedLoop(REFUSED, effort.step(), Integer.MAX_VALUE);
  }

  private LoadResult run(double rate, Duration duration) throws IOException, InterruptedException {
    return run(rate, duration, MAX_LAG_MILLIS);
  }

  /** One run; another in its place while the generator lags. */
  private LoadResult run(double rate, Duration duration, double maxLagMillis)
      throws IOException, InterruptedException {
    LoadResult result = load.openLoop(rate, duration);
    for (int i = 1; i < ATTEMPTS && lagged(result, maxLagMillis); i++) {
      Thread.sleep(effort.step());
      result = load.openLoop(rate, duration);
    }
    if (lagged(result, maxLagMillis)) {
      throw new VoidRunException(rate, result.lagMillis(), ATTEMPTS);
    }
    return result;
  }

  /** A lag below a hundredth of the latency does not show in it. */
  private static boolean lagged(LoadResult result, double maxLagMillis) {
    return result.lagMillis() >= Math.max(maxLagMillis, result.p50Millis() / 100);
  }
}
