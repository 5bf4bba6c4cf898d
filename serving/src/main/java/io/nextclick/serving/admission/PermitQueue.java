// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Permits, and a bounded line for each {@link Weight} of those who wait for one. A line is first
 * come, first served.
 *
 * <p>Heavy requests are counted by the time that they held a permit, not by their number, which
 * says nothing of their cost: while both wait, they get a quarter of the time. And they leave one
 * permit free while light ones come, so that these need not wait for the end of a heavy one.
 */
final class PermitQueue {

  /** Light time for each heavy time, while both wait. */
  private static final int LIGHT_SHARE = 3;

  /** A permit is kept free for light requests for so long after the last one came. */
  static final long KEPT_NANOS = Duration.ofSeconds(1).toNanos();

  private final ReentrantLock lock = new ReentrantLock();
  private final Line light = new Line();
  private final Line heavy = new Line();
  private final int permits;
  private final int maxWaiting;
  private int free;
  private boolean lightCame;
  private long lastLightNanos;

  /** Those who wait, who run, and what they have cost. */
  private static final class Line {
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private int running;
    private long nanos; // held so far; of heavy ones, times their share
  }

  private static final class Waiter {
    private final Condition turn;
    private boolean granted;

    Waiter(Condition turn) {
      this.turn = turn;
    }
  }

  /**
   * @param maxWaiting who wait, at most; half of them heavy
   */
  PermitQueue(int permits, int maxWaiting) {
    this.permits = permits;
    this.free = permits;
    this.maxWaiting = maxWaiting;
  }

  /** Whether whoever comes now finds neither a permit nor a place in a line. */
  boolean full() {
    lock.lock();
    try {
      return free == 0 && inLine() >= maxWaiting;
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    lock.lock();
    try {
      return inLine();
    } finally {
      lock.unlock();
    }
  }

  private int inLine() {
    return light.waiters.size() + heavy.waiters.size();
  }

  /** Takes a permit that nobody waits for; false if there is none. */
  boolean tryAcquire() {
    lock.lock();
    try {
      if (free == 0 || inLine() > 0) {
        return false;
      }
      free--;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Gives back what {@link #tryAcquire} took. */
  void release() {
    lock.lock();
    try {
      free++;
      grant();
    } finally {
      lock.unlock();
    }
  }

  /** Takes a permit, or waits in line for one; false if the line is full or the time over. */
  boolean acquire(Weight weight, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      boolean isLight = weight == Weight.LIGHT;
      if (isLight) {
        lightCame = true;
        lastLightNanos = System.nanoTime();
      }
      Line line = isLight ? light : heavy;
      if (line.waiters.isEmpty() && mayRun(line)) {
        free--;
        line.running++;
        return true;
      }
      boolean room =
          inLine() < maxWaiting && (isLight || heavy.waiters.size() < (maxWaiting + 1) / 2);
      return room && nanos > 0 && await(line, nanos);
    } finally {
      lock.unlock();
    }
  }

  private boolean await(Line line, long nanos) throws InterruptedException {
    if (line.waiters.isEmpty()) {
      // Who did not wait has saved nothing up.
      line.nanos = Math.max(line.nanos, (line == light ? heavy : light).nanos);
    }
    Waiter self = new Waiter(lock.newCondition());
    line.waiters.add(self);
    long left = nanos;
    try {
      while (!self.granted && left > 0) {
        left = self.turn.awaitNanos(left);
      }
      return self.granted;
    } catch (InterruptedException e) {
      if (self.granted) {
        leave(line, 0);
        self.granted = false;
      }
      throw e;
    } finally {
      line.waiters.remove(self);
    }
  }

  /** Gives back what {@link #acquire} took, after {@code nanos}. */
  void release(Weight weight, long nanos) {
    lock.lock();
    try {
      boolean isLight = weight == Weight.LIGHT;
      leave(isLight ? light : heavy, isLight ? nanos : nanos * LIGHT_SHARE);
    } finally {
      lock.unlock();
    }
  }

  private void leave(Line line, long cost) {
    line.running--;
    line.nanos += cost;
    free++;
    grant();
  }

  /** Hands free permits to those whose turn it is. */
  private void grant() {
    for (Line line = next(); line != null; line = next()) {
      Waiter waiter = line.waiters.remove();
      free--;
      line.running++;
      waiter.granted = true;
      waiter.turn.signal();
    }
  }

  private @Nullable Line next() {
    boolean lightWaits = !light.waiters.isEmpty() && mayRun(light);
    boolean heavyWaits = !heavy.waiters.isEmpty() && mayRun(heavy);
    if (lightWaits && heavyWaits) {
      return light.nanos <= heavy.nanos ? light : heavy;
    }
    return lightWaits ? light : heavyWaits ? heavy : null;
  }

  private boolean mayRun(Line line) {
    return free > 0 && (line == light || heavy.running < mayBeHeavy());
  }

  private int mayBeHeavy() {
    boolean lightCome = lightCame && System.nanoTime() - lastLightNanos < KEPT_NANOS;
    return lightCome ? Math.max(1, permits - 1) : permits;
  }
}
