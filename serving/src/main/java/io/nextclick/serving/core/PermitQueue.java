// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Permits, and a bounded line for each {@link Weight} of those who wait for one. A line is first
 * come, first served; while both wait, every fourth permit goes to a heavy request. So heavy ones
 * make light ones wait for those that run, not for those that came before, and are never forgotten.
 */
final class PermitQueue {

  private static final int HEAVY_EVERY = 4;

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Waiter> light = new ArrayDeque<>();
  private final ArrayDeque<Waiter> heavy = new ArrayDeque<>();
  private final int maxWaiting;
  private int turn;
  private int free;
  private int waiting;

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
    this.free = permits;
    this.maxWaiting = maxWaiting;
  }

  /** Whether whoever comes now finds neither a permit nor a place in a line. */
  boolean full() {
    lock.lock();
    try {
      return free == 0 && waiting >= maxWaiting;
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    lock.lock();
    try {
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a permit that nobody waits for; false if there is none. */
  boolean tryAcquire() {
    lock.lock();
    try {
      if (free == 0 || waiting > 0) {
        return false;
      }
      free--;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a permit, or waits in line for one; false if the line is full or the time over. */
  boolean acquire(Weight weight, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (free > 0) {
        free--;
        return true;
      }
      boolean room =
          waiting < maxWaiting && (weight == Weight.LIGHT || heavy.size() < (maxWaiting + 1) / 2);
      return room && nanos > 0 && await(weight == Weight.LIGHT ? light : heavy, nanos);
    } finally {
      lock.unlock();
    }
  }

  private boolean await(ArrayDeque<Waiter> line, long nanos) throws InterruptedException {
    Waiter self = new Waiter(lock.newCondition());
    line.add(self);
    waiting++;
    long left = nanos;
    try {
      while (!self.granted && left > 0) {
        left = self.turn.awaitNanos(left);
      }
      return self.granted;
    } catch (InterruptedException e) {
      if (self.granted) {
        release();
        self.granted = false;
      }
      throw e;
    } finally {
      if (line.remove(self)) {
        waiting--;
      }
    }
  }

  /** Hands a permit to whose turn it is, or puts it back. */
  void release() {
    lock.lock();
    try {
      Waiter next = next();
      if (next == null) {
        free++;
      } else {
        waiting--;
        next.granted = true;
        next.turn.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Waiter next() {
    if (light.isEmpty()) {
      return heavy.poll();
    }
    if (heavy.isEmpty()) {
      return light.poll();
    }
    turn = (turn + 1) % HEAVY_EVERY;
    return turn == 0 ? heavy.poll() : light.poll();
  }
}
