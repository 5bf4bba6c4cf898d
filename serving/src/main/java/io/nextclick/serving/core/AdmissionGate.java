// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.serving.api.ProblemException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Lets as many requests score at once as there are cores; a few more wait for a short time, the
 * rest is refused at once.
 *
 * <p>Scoring is bound by the CPU: more at once would make all of them slow and none of them faster.
 */
public final class AdmissionGate {

  private static final int RETRY_AFTER_SECONDS = 1;

  private final Semaphore permits;
  private final int maxWaiting;
  private final Duration maxWait;

  /**
   * @param permits requests that score at once
   * @param maxWaiting requests that wait, at most
   * @param maxWait how long they wait, at most
   */
  public AdmissionGate(int permits, int maxWaiting, Duration maxWait) {
    this.permits = new Semaphore(permits, true);
    this.maxWaiting = maxWaiting;
    this.maxWait = maxWait;
  }

  /** Refuses at once when the queue is full: before the body is read. */
  public void refuseWhenFull() {
    if (permits.availablePermits() == 0 && permits.getQueueLength() >= maxWaiting) {
      throw overloaded();
    }
  }

  /**
   * Runs {@code work} when there is room.
   *
   * @param deadlineNanos {@link System#nanoTime} after which the answer is of no use
   * @throws ProblemException 503 when there is no room in time
   */
  public <T> T run(long deadlineNanos, Supplier<T> work) {
    refuseWhenFull();
    long wait = Math.min(maxWait.toNanos(), deadlineNanos - System.nanoTime());
    try {
      if (!permits.tryAcquire(Math.max(wait, 0), TimeUnit.NANOSECONDS)) {
        throw overloaded();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ProblemException.retryAfter(RETRY_AFTER_SECONDS, "The service is stopping");
    }
    try {
      if (deadlineNanos - System.nanoTime() < 0) {
        throw ProblemException.retryAfter(
            RETRY_AFTER_SECONDS, "The deadline passed before the request could be scored");
      }
      return work.get();
    } finally {
      permits.release();
    }
  }

  /** Requests that wait now. */
  public int waiting() {
    return permits.getQueueLength();
  }

  private static ProblemException overloaded() {
    return ProblemException.retryAfter(
        RETRY_AFTER_SECONDS, "All scoring capacity is in use; try again later");
  }
}
