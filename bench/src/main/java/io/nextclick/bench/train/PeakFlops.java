// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.train;

import io.nextclick.bench.kernel.FmaPeak;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What several cores can do at once at most, when nothing is read or written. */
final class PeakFlops {

  private static final double WARM_SECONDS = 1;
  private static final double SECONDS = 2;

  private PeakFlops() {}

  /** Floating-point operations per second of {@code threads} together. */
  static double measure(int threads) throws InterruptedException {
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<Double>> runs = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        runs.add(
            pool.submit(() -> {
              run(WARM_SECONDS);
              return run(SECONDS);
            }));
      }
      double sum = 0;
      for (Future<Double> run : runs) {
        sum += run.get();
      }
      return sum;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private static double run(double seconds) {
    var peak = new FmaPeak();
    long start = System.nanoTime();
    double calls = 0;
    double sink = 0;
    while (System.nanoTime() - start < seconds * 1e9) {
      sink += peak.chains().lane(0);
      calls++;
    }
    double taken = (System.nanoTime() - start) / 1e9;
    return sink == -1 ? 0 : calls * FmaPeak.flops() / taken;
  }
}
