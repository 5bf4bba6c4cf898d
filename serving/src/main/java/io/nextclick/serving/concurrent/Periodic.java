// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.concurrent;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A thread that does its work now and then until it is stopped. The work handles its own faults:
 * one that it lets out ends the thread.
 */
public final class Periodic {

  private final Duration interval;
  private final boolean atOnce;
  private final Work work;
  private final boolean atTheEnd;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  /** What is done. */
  public interface Work {

    /**
     * Does it.
     *
     * @param last whether the thread was told to stop before this began
     */
    void run(boolean last);
  }

  private Periodic(String name, Duration interval, boolean atOnce, boolean atTheEnd, Work work) {
    this.interval = interval;
    this.atOnce = atOnce;
    this.atTheEnd = atTheEnd;
    this.work = work;
    this.thread = Thread.ofPlatform().name(name).unstarted(this::run);
  }

  /**
   * Works for the first time when it starts.
   *
   * @param name of the thread
   * @param interval from the end of one piece of work to the next
   */
  public static Periodic atOnce(String name, Duration interval, Runnable work) {
    return new Periodic(name, interval, true, false, last -> work.run());
  }

  /**
   * Works for the first time after an interval.
   *
   * @param name of the thread
   * @param interval from the end of one piece of work to the next
   */
  public static Periodic later(String name, Duration interval, Runnable work) {
    return new Periodic(name, interval, false, false, last -> work.run());
  }

  /**
   * Works for the first time after an interval, and once more when it is stopped: what has gathered
   * by then is done.
   *
   * @param name of the thread
   * @param interval from the end of one piece of work to the next
   */
  public static Periodic toTheLast(String name, Duration interval, Work work) {
    return new Periodic(name, interval, false, true, work);
  }

  public void start() {
    thread.start();
  }

  /** Returns when the work under way has ended; also if it never started. */
  public void stop() throws InterruptedException {
    stop.countDown();
    thread.join();
  }

  private void run() {
    try {
      if (atOnce) {
        work.run(false);
      }
      while (!stop.await(interval.toNanos(), TimeUnit.NANOSECONDS)) {
        work.run(false);
      }
      if (atTheEnd) {
        work.run(true);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
