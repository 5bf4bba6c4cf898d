// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Permits, and a bounded line for each {@link Weight} of those who wait for one. In a line, the
 * callers take turns by the time that they held permits; of one caller, who came first is first.
 * When the line is full, whoever has the most in it gives a place to whoever has fewer.
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
    private final Map<String, Share> shares = new LinkedHashMap<>(); // who waits or runs
    private int waiting;
    private int running;
    private long nanos; // held so far; of heavy ones, times their share
    private long turn; // what the share had held that was served last

    Share share(String caller) {
      return shares.computeIfAbsent(caller, c -> new Share(turn));
    }

    /** Whose turn it is. */
    @Nullable Share next() {
      Share next = null;
      for (Share share : shares.values()) {
        if (!share.waiters.isEmpty() && (next == null || share.nanos < next.nanos)) {
          next = share;
        }
      }
      return next;
    }

    /** Who has the most in the line. */
    @Nullable Share longest() {
      Share longest = null;
      for (Share share : shares.values()) {
        if (longest == null || share.waiters.size() > longest.waiters.size()) {
          longest = share;
        }
      }
      return longest;
    }

    /** Whether a caller has fewer in line than another one would have without its last. */
    boolean isDue(String caller) {
      Share own = shares.get(caller);
      Share longest = longest();
      return longest != null && (own == null ? 0 : own.waiters.size()) < longest.waiters.size() - 1;
    }

    void forget(String caller, Share share) {
      if (share.running == 0 && share.waiters.isEmpty()) {
        shares.remove(caller);
      }
    }
  }

  /** What one caller has in a line. */
  private static final class Share {
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private int running;
    private long nanos;

    Share(long nanos) {
      this.nanos = nanos;
    }
  }

  private static final class Waiter {
    private final Condition turn;
    private boolean granted;
    private boolean displaced;

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

  /** Whether a caller that comes now finds neither a permit nor a place in a line. */
  boolean full(String caller) {
    lock.lock();
    try {
      return free == 0 && inLine() >= maxWaiting && !light.isDue(caller) && !heavy.isDue(caller);
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
    return light.waiting + heavy.waiting;
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
  boolean acquire(Weight weight, String caller, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      boolean isLight = weight == Weight.LIGHT;
      if (isLight) {
        lightCame = true;
        lastLightNanos = System.nanoTime();
      }
      Line line = isLight ? light : heavy;
      if (line.waiting == 0 && mayRun(line)) {
        Share share = line.share(caller);
        share.nanos = Math.max(share.nanos, line.turn);
        run(line, share);
        return true;
      }
      boolean room = inLine() < maxWaiting && (isLight || heavy.waiting < (maxWaiting + 1) / 2);
      return nanos > 0 && (room || displace(line, caller)) && await(line, caller, nanos);
    } finally {
      lock.unlock();
    }
  }

  /** Takes a place from whoever has the most of them; false if that is the caller, or nearly. */
  private boolean displace(Line line, String caller) {
    Share longest = line.longest();
    if (longest == null || !line.isDue(caller)) {
      return false;
    }
    Waiter last = longest.waiters.removeLast();
    line.waiting--;
    last.displaced = true;
    last.turn.signal();
    return true;
  }

  private boolean await(Line line, String caller, long nanos) throws InterruptedException {
    if (line.waiting == 0) {
      // Who did not wait has saved nothing up.
      line.nanos = Math.max(line.nanos, (line == light ? heavy : light).nanos);
    }
    Share share = line.share(caller);
    if (share.waiters.isEmpty()) {
      share.nanos = Math.max(share.nanos, line.turn);
    }
    Waiter self = new Waiter(lock.newCondition());
    share.waiters.add(self);
    line.waiting++;
    long left = nanos;
    try {
      while (!self.granted && !self.displaced && left > 0) {
        left = self.turn.awaitNanos(left);
      }
      return self.granted;
    } catch (InterruptedException e) {
      if (self.granted) {
        leave(line, caller, 0);
        self.granted = false;
      }
      throw e;
    } finally {
      if (share.waiters.remove(self)) {
        line.waiting--;
      }
      line.forget(caller, share);
    }
  }

  /** Gives back what {@link #acquire} took, after {@code nanos}. */
  void release(Weight weight, String caller, long nanos) {
    lock.lock();
    try {
      boolean isLight = weight == Weight.LIGHT;
      leave(isLight ? light : heavy, caller, isLight ? nanos : nanos * LIGHT_SHARE);
    } finally {
      lock.unlock();
    }
  }

  private void leave(Line line, String caller, long cost) {
    Share share = line.share(caller);
    share.running--;
    share.nanos += cost;
    line.forget(caller, share);
    line.running--;
    line.nanos += cost;
    free++;
    grant();
  }

  private void run(Line line, Share share) {
    free--;
    line.running++;
    share.running++;
    line.turn = Math.max(line.turn, share.nanos);
  }

  /** Hands free permits to those whose turn it is. */
  private void grant() {
    for (Line line = next(); line != null; line = next()) {
      Share share = line.next();
      if (share == null) {
        throw new IllegalStateException("a line of nobody");
      }
      Waiter waiter = share.waiters.remove();
      line.waiting--;
      run(line, share);
      waiter.granted = true;
      waiter.turn.signal();
    }
  }

  private @Nullable Line next() {
    boolean lightWaits = light.waiting > 0 && mayRun(light);
    boolean heavyWaits = heavy.waiting > 0 && mayRun(heavy);
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
