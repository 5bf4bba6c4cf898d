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
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiters.add(wait(queue, HEAVY, 20, order, waiters.size() + 1));
    }
    for (int i = 0; i < 150; i++) {
      waiters.add(wait(queue, LIGHT, 1, order, waiters.size() + 1));
    }

    queue.release(LIGHT, "a", 0);
    for (Thread waiter : waiters) {
      waiter.join();
    }

    int first = order.indexOf(HEAVY);
    int second = first + 1 + order.subList(first + 1, order.size()).indexOf(HEAVY);
    assertThat(first).isLessThan(5);
    assertThat(second - first - 1).isBetween(59, 61);
    assertThat(order).hasSize(153);
  }

  /** One caller has fifty requests in line, another one at a time: it waits for one, not fifty. */
  @Test
  void acquire_oneCallerFloods_othersTakeTurns() throws Exception {
    PermitQueue queue = new PermitQueue(1, 60);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiters.add(waitAs(queue, i < 48 ? "a" : "b", order, waiters.size() + 1));
    }

    queue.release(LIGHT, "a", 1_000_000);
    for (Thread waiter : waiters) {
      waiter.join();
    }

    assertThat(order).hasSize(50);
    assertThat(order.subList(0, 5)).filteredOn("b"::equals).hasSize(2);
  }

  @Test
  void acquire_lineIsFull_whoHasTheMostInItGivesAPlace() throws Exception {
    PermitQueue queue = new PermitQueue(1, 4);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      waiters.add(waitAs(queue, "a", order, waiters.size() + 1));
    }
    assertThat(queue.full("a")).isTrue();
    assertThat(queue.acquire(LIGHT, "a", LONG)).isFalse();

    for (int i = 0; i < 2; i++) {
      assertThat(queue.full("b")).isFalse();
      waiters.add(waitAs(queue, "b", order, 4));
    }
    assertThat(queue.full("b")).isTrue(); // two and two
    assertThat(queue.acquire(LIGHT, "b", LONG)).isFalse();

    queue.release(LIGHT, "a", 1);
    for (Thread waiter : waiters) {
      waiter.join();
    }
    assertThat(order).hasSize(6);
    assertThat(Collections.frequency(order, "a refused")).isEqualTo(2);
    assertThat(Collections.frequency(order, "a")).isEqualTo(2);
    assertThat(Collections.frequency(order, "b")).isEqualTo(2);
    assertThat(queue.full("a")).isFalse();
    assertThat(queue.waiting()).isZero();
  }

  private static Thread waitAs(PermitQueue queue, String caller, List<String> order, int inLine)
      throws InterruptedException {
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                boolean got = queue.acquire(LIGHT, caller, LONG);
                order.add(got ? caller : caller + " refused");
                if (got) {
                  queue.release(LIGHT, caller, 1_000_000);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    while (queue.waiting() < inLine || thread.getState() == Thread.State.RUNNABLE) {
      Thread.sleep(1);
    }
    return thread;
  }

  @Test
  void acquire_onlyHeavyOnesCome_takeAllPermits() throws Exception {
    PermitQueue queue = new PermitQueue(2, 0);

    assertThat(queue.acquire(HEAVY, "a", 0)).isTrue();
    assertThat(queue.acquire(HEAVY, "a", 0)).isTrue();
  }

  @Test
  void acquire_lightOnesCome_heavyOnesLeaveThemAPermit() throws Exception {
    PermitQueue queue = new PermitQueue(2, 4);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    queue.release(LIGHT, "a", 1);

    assertThat(queue.acquire(HEAVY, "a", 0)).isTrue();
    assertThat(queue.acquire(HEAVY, "a", 1_000_000)).isFalse();
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    queue.release(HEAVY, "a", 1);
    assertThat(queue.acquire(HEAVY, "a", 0)).isTrue();
    assertThat(queue.waiting()).isZero();
  }

  @Test
  void tryAcquire_aPermitIsFree_takesItAndGivesItBack() throws Exception {
    PermitQueue queue = new PermitQueue(2, 0);
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.full("a")).isFalse();
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.full("a")).isTrue();
    assertThat(queue.tryAcquire()).isFalse();
    assertThat(queue.acquire(LIGHT, "a", 0)).isFalse();
    queue.release();
    assertThat(queue.full("a")).isFalse();
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    assertThat(queue.full("a")).isTrue();
    queue.release(LIGHT, "a", 1);
    queue.release();
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.tryAcquire()).isFalse();
  }

  /** What nobody waits for must not pass those who wait. */
  @Test
  void tryAcquire_somebodyWaits_isRefused() throws Exception {
    PermitQueue queue = new PermitQueue(2, 4);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    assertThat(queue.acquire(HEAVY, "a", 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    Thread heavy = wait(queue, HEAVY, 1, order, 1);
    assertThat(queue.acquire(LIGHT, "a", 0)).isFalse(); // one came just now
    queue.release(LIGHT, "a", 1);
    assertThat(queue.waiting()).isEqualTo(1); // the free permit is kept for light ones
    assertThat(queue.tryAcquire()).isFalse();
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    queue.release(LIGHT, "a", 1);
    queue.release(HEAVY, "a", 1);
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
    assertThat(queue.full("a")).isTrue();
    queue.release();
    light.join();
    assertThat(order).containsExactly(LIGHT);
    assertThat(queue.full("a")).isFalse();
  }

  /** Of an odd number of places the larger half is for heavy ones, and no more. */
  @Test
  void acquire_placesInLine_areBounded() throws Exception {
    PermitQueue queue = new PermitQueue(1, 3);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    waiters.add(wait(queue, HEAVY, 1, order, 1));
    waiters.add(wait(queue, HEAVY, 1, order, 2));
    assertThat(queue.acquire(HEAVY, "a", LONG)).isFalse();
    assertThat(queue.full("a")).isFalse();
    waiters.add(wait(queue, LIGHT, 1, order, 3));
    assertThat(queue.full("a")).isTrue();
    assertThat(queue.acquire(LIGHT, "a", LONG)).isFalse();
    queue.release(LIGHT, "a", 0);
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
      assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
      queue.release(LIGHT, "a", TimeUnit.MILLISECONDS.toNanos(10));
    }
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    waiters.add(wait(queue, LIGHT, 1, order, 1));
    for (int i = 2; i <= 10; i++) {
      waiters.add(wait(queue, HEAVY, 10, order, i));
    }
    waiters.add(wait(queue, LIGHT, 1, order, 11));
    queue.release(LIGHT, "a", 0);
    for (Thread waiter : waiters) {
      waiter.join();
    }
    // 500 ms of light ones before would else let all nine heavy ones pass the second light one.
    assertThat(order.lastIndexOf(LIGHT)).isLessThan(4);
  }

  @Test
  void acquire_oneOfEachWaits_lightGoesFirst() throws Exception {
    PermitQueue queue = new PermitQueue(1, 100);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    queue.release(LIGHT, "a", TimeUnit.MILLISECONDS.toNanos(500));
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    Thread heavy = wait(queue, HEAVY, 10, order, 1);
    Thread light = wait(queue, LIGHT, 1, order, 2);
    queue.release(LIGHT, "a", 0);
    heavy.join();
    light.join();
    assertThat(order).containsExactly(LIGHT, HEAVY);
  }

  /** Also those count among the heavy ones that run, that have waited for their turn. */
  @Test
  void release_heavyOnesWait_oneMoreThanMayRunWaitsOn() throws Exception {
    PermitQueue queue = new PermitQueue(3, 8);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    assertThat(queue.acquire(HEAVY, "a", 0)).isTrue();
    CountDownLatch end = new CountDownLatch(1);
    List<Thread> waiters = new ArrayList<>();
    for (int nth = 1; nth <= 2; nth++) {
      waiters.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  if (queue.acquire(HEAVY, "a", LONG)) {
                    end.await();
                    queue.release(HEAVY, "a", 1);
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
      while (queue.waiting() < nth) {
        Thread.onSpinWait();
      }
    }
    assertThat(queue.acquire(LIGHT, "a", 0)).isFalse(); // one came just now
    queue.release(LIGHT, "a", 1);
    queue.release(LIGHT, "a", 1);
    assertThat(queue.waiting()).isEqualTo(1);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    queue.release(LIGHT, "a", 1);
    queue.release(HEAVY, "a", 1);
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
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    Thread waiter = wait(queue, LIGHT, 1, order, 1);
    waiter.interrupt();
    waiter.join();
    assertThat(order).isEmpty();
    assertThat(queue.waiting()).isZero();
    assertThat(queue.acquire(LIGHT, "a", 1)).isFalse();
    assertThat(queue.waiting()).isZero();
    queue.release(LIGHT, "a", 0);
    assertThat(queue.acquire(LIGHT, "a", 0)).isTrue();
  }

  /** A request that waits as the n-th, and then takes so many milliseconds by the books. */
  private static Thread wait(
      PermitQueue queue, Weight weight, int millis, List<Weight> order, int nth) {
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (queue.acquire(weight, "a", LONG)) {
                  order.add(weight);
                  queue.release(weight, "a", TimeUnit.MILLISECONDS.toNanos(millis));
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
