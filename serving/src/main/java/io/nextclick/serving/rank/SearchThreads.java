// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.model.retrieve.Parallelism;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads that share in the search of a large catalogue: one less than there are processors, for
 * all requests together. A request that finds them busy searches alone.
 */
public final class SearchThreads implements Managed {

  private static final int THREADS = Runtime.getRuntime().availableProcessors() - 1;

  private final ThreadPoolExecutor executor =
      new ThreadPoolExecutor(
          0,
          Math.max(1, THREADS),
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().name("search-", 0).daemon().factory());

  /** What one request may have of them. */
  public Parallelism parallelism() {
    return new Parallelism(executor, THREADS);
  }

  @Override
  public void stop() {
    executor.shutdownNow();
  }
}
