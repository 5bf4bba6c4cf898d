// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * How the files that the process may open are shared between clients and its own: whoever opens
 * connections must not keep the store or the broker from opening theirs, since a broker that cannot
 * open a file gives its log up.
 */
final class OpenFiles {

  /** RocksDB keeps up to 512 for each of two databases, Kafka's log and the program the rest. */
  private static final long OWN = 1_536;

  private OpenFiles() {}

  /** Files that this process may have open at once. */
  static long limit() {
    long limit =
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
            ? system.getMaxFileDescriptorCount()
            : -1;
    return limit > 0 ? limit : Long.MAX_VALUE;
  }

  /**
   * Connections of each port.
   *
   * @param wanted as configured
   * @param limit files that the process may have open at once
   * @param ports that share what is left for clients
   * @return at most {@code wanted}; at most a quarter of the files together, where there are few
   */
  static int connections(int wanted, long limit, int ports) {
    long own = Math.min(OWN, limit - limit / 4);
    return (int) Math.max(1, Math.min(wanted, (limit - own) / Math.max(1, ports)));
  }
}
