// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import static io.nextclick.serving.admission.Weight.HEAVY;
import static io.nextclick.serving.admission.Weight.LIGHT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
