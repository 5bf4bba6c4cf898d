// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.io.IOException;
import java.time.Duration;

/** Clients of one service, all with the same kind of request. */
interface Clients {

  /**
   * Requests per second that get answered when each client sends its next one after the answer.
   *
   * @param clients that ask at once
   * @param most ends earlier after so many requests
   */
  double closedLoop(int clients, Duration duration, int most)
      throws IOException, InterruptedException;

  /**
   * Sends at {@code rate} for {@code duration}, then waits for what is on its way. Latency runs
   * from the time at which a request should have been sent, so a slow service cannot hide by
   * slowing down its clients.
   */
  LoadResult openLoop(double rate, Duration duration) throws InterruptedException;
}
