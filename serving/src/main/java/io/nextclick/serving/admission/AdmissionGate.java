// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Lets as many requests score at once as there are cores; a few more wait for a short time, the
 * rest is refused at once. Heavy requests wait apart from light ones and are counted by the time
 * that they take; what nobody waits for runs only while there is room.
 *
 * <p>Scoring is bound by the CPU: more at once would make all of them slow and none of them faster.
 */
public final class AdmissionGate {

  /** When a refused client may try again. */
  public static final int RETRY_AFTER_SECONDS = 1;

  /** What a refused client is told. */
  public static final String OVERLOADED = "All scoring capacity is in use; try again later";

  /** Events that wait to be read hold memory, which is bounded, and nobody waits for a page. */
  private static final Duration READ_WAIT = Duration.ofSeconds(2);

  private final PermitQueue permits;
  private final Duration maxWait;
  private final LongAdder refused = new LongAdder();

  /**
   * @param permits requests that score at once
   * @param maxWaiting requests that wait, at most
   * @param maxWait how long they wait, at most
   */
  public AdmissionGate(int permits, int maxWaiting, Duration maxWait) {
    this.permits = new PermitQueue(permits, maxWaiting);
    this.maxWait = maxWait;
  }

  /**
   * Refuses at once when the queue is full: before the body is read.
   *
   * @param caller who asks: callers take turns
   */
  public void refuseWhenFull(String caller) {
    if (refusesWhenFull(caller)) {
      throw overloaded();
    }
  }

  /** Whether the queue is full for a caller; if so, counts a refusal. */
  public boolean refusesWhenFull(String caller) {
    boolean full = permits.full(caller);
    if (full) {
      refused.increment();
    }
    return full;
  }

  /**
   * Runs {@code work} when there is room.
   *
   * @param weight the line to wait in
   * @param caller who asks
   * @param deadlineNanos {@link System#nanoTime} after which the answer is of no use
   * @throws OverloadedException when there is no room in time
   */
  public <T> T run(Weight weight, String caller, long deadlineNanos, Supplier<T> work) {
    refuseWhenFull(caller);
    acquire(weight, caller, Math.min(maxWait.toNanos(), deadlineNanos - System.nanoTime()));
    long start = System.nanoTime();
    try {
      if (deadlineNanos - System.nanoTime() < 0) {
        throw new OverloadedException("The deadline passed before the request could be scored");
      }
      return work.get();
    } finally {
      permits.release(weight, caller, System.nanoTime() - start);
    }
  }

  /**
   * Reads what a body says: at once if that is little, else in the line of the heavy requests, so
   * that large bodies take no more of the CPU than these.
   *
   * @param bytes of the body
   * @param caller who sends it
   * @throws OverloadedException when its turn does not come
   */
  public <T> T read(int bytes, String caller, Supplier<T> work) {
    if (Weight.ofBody(bytes) == Weight.LIGHT) {
      return work.get();
    }
    acquire(Weight.HEAVY, caller, READ_WAIT.toNanos());
    long start = System.nanoTime();
    try {
      return work.get();
    } finally {
      permits.release(Weight.HEAVY, caller, System.nanoTime() - start);
    }
  }

  private void acquire(Weight weight, String caller, long nanos) {
    try {
      if (!permits.acquire(weight, caller, nanos)) {
        refused.increment();
        throw overloaded();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OverloadedException("The service is stopping");
    }
  }

  /** Runs what no client waits for, unless live requests need the room; false if it did not run. */
  public boolean runIfIdle(Runnable work) {
    if (!permits.tryAcquire()) {
      return false;
    }
    try {
      work.run();
      return true;
    } finally {
      permits.release();
    }
  }

  /** Requests refused so far, because there was no room for them in time. */
  public long refused() {
    return refused.sum();
  }

  /** Requests that wait now. */
  public int waiting() {
    return permits.waiting();
  }

  private static OverloadedException overloaded() {
    return new OverloadedException(OVERLOADED);
  }
}
