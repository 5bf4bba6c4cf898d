// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import static io.nextclick.serving.admission.Weight.HEAVY;
import static io.nextclick.serving.admission.Weight.LIGHT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PermitQueueTest {

  private static final long LONG = TimeUnit.SECONDS.toNanos(30);

  /** A heavy request of 20 ms is worth 60 light ones of 1 ms: it has a quarter of the time. */
  @Test
  void acquire_bothWait_heavyOnesGetAQuarterOfTheTime() throws Exception {
    PermitQueue queue = new PermitQueue(1, 200);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiters.add(wait(queue, HEAVY, 20, order, waiters.size() + 1));
    }
    for (int i = 0; i < 150; i++) {
      waiters.add(wait(queue, LIGHT, 1, order, waiters.size() + 1));
    }

    queue.release(LIGHT, 0);
    for (Thread waiter : waiters) {
      waiter.join();
    }

    int first = order.indexOf(HEAVY);
    int second = first + 1 + order.subList(first + 1, order.size()).indexOf(HEAVY);
    assertThat(first).isLessThan(5);
    assertThat(second - first - 1).isBetween(59, 61);
    assertThat(order).hasSize(153);
  }

  @Test
  void acquire_onlyHeavyOnesCome_takeAllPermits() throws Exception {
    PermitQueue queue = new PermitQueue(2, 0);

    assertThat(queue.acquire(HEAVY, 0)).isTrue();
    assertThat(queue.acquire(HEAVY, 0)).isTrue();
  }

  @Test
  void acquire_lightOnesCome_heavyOnesLeaveThemAPermit() throws Exception {
    PermitQueue queue = new PermitQueue(2, 4);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    queue.release(LIGHT, 1);

    assertThat(queue.acquire(HEAVY, 0)).isTrue();
    assertThat(queue.acquire(HEAVY, 1_000_000)).isFalse();
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    queue.release(HEAVY, 1);
    assertThat(queue.acquire(HEAVY, 0)).isTrue();
    assertThat(queue.waiting()).isZero();
  }

  @Test
  void tryAcquire_aPermitIsFree_takesItAndGivesItBack() throws Exception {
    PermitQueue queue = new PermitQueue(2, 0);
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.full()).isFalse();
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.full()).isTrue();
    assertThat(queue.tryAcquire()).isFalse();
    assertThat(queue.acquire(LIGHT, 0)).isFalse();
    queue.release();
    assertThat(queue.full()).isFalse();
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    assertThat(queue.full()).isTrue();
    queue.release(LIGHT, 1);
    queue.release();
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.tryAcquire()).isFalse();
  }

  /** What nobody waits for must not pass those who wait. */
  @Test
  void tryAcquire_somebodyWaits_isRefused() throws Exception {
    PermitQueue queue = new PermitQueue(2, 4);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    assertThat(queue.acquire(HEAVY, 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    Thread heavy = wait(queue, HEAVY, 1, order, 1);
    assertThat(queue.acquire(LIGHT, 0)).isFalse(); // one came just now
    queue.release(LIGHT, 1);
    assertThat(queue.waiting()).isEqualTo(1); // the free permit is kept for light ones
    assertThat(queue.tryAcquire()).isFalse();
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    queue.release(LIGHT, 1);
    queue.release(HEAVY, 1);
    heavy.join();
    assertThat(order).containsExactly(HEAVY);
    assertThat(queue.waiting()).isZero();
    assertThat(queue.tryAcquire()).isTrue();
  }

  @Test
  void release_ofWhatNobodyWaitedFor_letsTheNextRun() throws Exception {
    PermitQueue queue = new PermitQueue(1, 1);
    assertThat(queue.tryAcquire()).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    Thread light = wait(queue, LIGHT, 1, order, 1);
    assertThat(queue.full()).isTrue();
    queue.release();
    light.join();
    assertThat(order).containsExactly(LIGHT);
    assertThat(queue.full()).isFalse();
  }

  /** Of an odd number of places the larger half is for heavy ones, and no more. */
  @Test
  void acquire_placesInLine_areBounded() throws Exception {
    PermitQueue queue = new PermitQueue(1, 3);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    waiters.add(wait(queue, HEAVY, 1, order, 1));
    waiters.add(wait(queue, HEAVY, 1, order, 2));
    assertThat(queue.acquire(HEAVY, LONG)).isFalse();
    assertThat(queue.full()).isFalse();
    waiters.add(wait(queue, LIGHT, 1, order, 3));
    assertThat(queue.full()).isTrue();
    assertThat(queue.acquire(LIGHT, LONG)).isFalse();
    queue.release(LIGHT, 0);
    for (Thread waiter : waiters) {
      waiter.join();
    }
    assertThat(order).hasSize(3);
  }

  /** A line that was empty begins where the other one is: it has saved nothing up. */
  @Test
  void acquire_lineWasEmpty_hasSavedNothingUp() throws Exception {
    PermitQueue queue = new PermitQueue(1, 100);
    for (int i = 0; i < 50; i++) {
      assertThat(queue.acquire(LIGHT, 0)).isTrue();
      queue.release(LIGHT, TimeUnit.MILLISECONDS.toNanos(10));
    }
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    waiters.add(wait(queue, LIGHT, 1, order, 1));
    for (int i = 2; i <= 10; i++) {
      waiters.add(wait(queue, HEAVY, 10, order, i));
    }
    waiters.add(wait(queue, LIGHT, 1, order, 11));
    queue.release(LIGHT, 0);
    for (Thread waiter : waiters) {
      waiter.join();
    }
    // 500 ms of light ones before would else let all nine heavy ones pass the second light one.
    assertThat(order.lastIndexOf(LIGHT)).isLessThan(4);
  }

  @Test
  void acquire_oneOfEachWaits_lightGoesFirst() throws Exception {
    PermitQueue queue = new PermitQueue(1, 100);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    queue.release(LIGHT, TimeUnit.MILLISECONDS.toNanos(500));
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    Thread heavy = wait(queue, HEAVY, 10, order, 1);
    Thread light = wait(queue, LIGHT, 1, order, 2);
    queue.release(LIGHT, 0);
    heavy.join();
    light.join();
    assertThat(order).containsExactly(LIGHT, HEAVY);
  }

  /** Also those count among the heavy ones that run, that have waited for their turn. */
  @Test
  void release_heavyOnesWait_oneMoreThanMayRunWaitsOn() throws Exception {
    PermitQueue queue = new PermitQueue(3, 8);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    assertThat(queue.acquire(HEAVY, 0)).isTrue();
    CountDownLatch end = new CountDownLatch(1);
    List<Thread> waiters = new ArrayList<>();
    for (int nth = 1; nth <= 2; nth++) {
      waiters.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  if (queue.acquire(HEAVY, LONG)) {
                    end.await();
                    queue.release(HEAVY, 1);
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
      while (queue.waiting() < nth) {
        Thread.onSpinWait();
      }
    }
    assertThat(queue.acquire(LIGHT, 0)).isFalse(); // one came just now
    queue.release(LIGHT, 1);
    queue.release(LIGHT, 1);
    assertThat(queue.waiting()).isEqualTo(1);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    queue.release(LIGHT, 1);
    queue.release(HEAVY, 1);
    end.countDown();
    for (Thread waiter : waiters) {
      waiter.join();
    }
    assertThat(queue.waiting()).isZero();
  }

  /** Interrupted and let in at the same moment: the permit must not be lost. */
  @Test
  void acquire_interruptedWhileItsTurnComes_losesNoPermit() throws Exception {
    PermitQueue queue = new PermitQueue(1, 2);
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    for (int round = 0; round < 2_000; round++) {
      assertThat(queue.tryAcquire()).as("round %d", round).isTrue();
      Thread waiter = wait(queue, LIGHT, 0, order, 1);
      waiter.interrupt();
      queue.release();
      waiter.join();
    }
    assertThat(queue.waiting()).isZero();
  }

  @Test
  void acquire_interruptedInLine_leavesItsPlace() throws Exception {
    PermitQueue queue = new PermitQueue(1, 2);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    Thread waiter = wait(queue, LIGHT, 1, order, 1);
    waiter.interrupt();
    waiter.join();
    assertThat(order).isEmpty();
    assertThat(queue.waiting()).isZero();
    assertThat(queue.acquire(LIGHT, 1)).isFalse();
    assertThat(queue.waiting()).isZero();
    queue.release(LIGHT, 0);
    assertThat(queue.acquire(LIGHT, 0)).isTrue();
  }

  /** A request that waits as the n-th, and then takes so many milliseconds by the books. */
  private static Thread wait(
      PermitQueue queue, Weight weight, int millis, List<Weight> order, int nth) {
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (queue.acquire(weight, LONG)) {
                  order.add(weight);
                  queue.release(weight, TimeUnit.MILLISECONDS.toNanos(millis));
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    while (queue.waiting() < nth) {
      Thread.onSpinWait();
    }
    return thread;
  }
}
