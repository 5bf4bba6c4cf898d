// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import java.util.concurrent.Executor;

/**
 * Threads that share in the work of one request.
 *
 * @param executor runs them; where it is busy or refuses, the calling thread does the work
 * @param threads of one request at most, besides the calling thread
 */
public record Parallelism(Executor executor, int threads) {

  /** The calling thread does all the work. */
  public static final Parallelism NONE = new Parallelism(Runnable::run, 0);
}
