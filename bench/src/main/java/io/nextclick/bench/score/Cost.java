// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.score;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * What some work took: by the clock, and of all cores' time. The latter says the same on a machine
 * where others work too.
 */
record Cost(double seconds, double cpuSeconds) {

  /** What is measured. */
  interface Work {
    void run() throws IOException, InterruptedException;
  }

  /** Measures. */
  static Cost of(Work work) throws IOException, InterruptedException {
    long cpu = cpuNanos();
    long start = System.nanoTime();
    work.run();
    return new Cost((System.nanoTime() - start) / 1e9, (cpuNanos() - cpu) / 1e9);
  }

  private static long cpuNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  Cost mean(Cost other) {
    return new Cost((seconds + other.seconds) / 2, (cpuSeconds + other.cpuSeconds) / 2);
  }

  String describe(int users, int items) {
    return String.format(
        Locale.ROOT,
        "%,7.0f users/s %,12.0f pairs/s (%.2f s of CPU)",
        users / seconds,
        (double) users * items / seconds,
        cpuSeconds);
  }
}
