// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AdmissionGateTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void run_withRoom_returnsTheResult() {
    assertThat(new AdmissionGate(1, 1, LONG).<Integer>run(Weight.LIGHT, "a", soon(), () -> 7))
        .isEqualTo(7);
  }

  @Test
  void run_workFails_givesThePermitBack() {
    AdmissionGate gate = new AdmissionGate(1, 1, Duration.ZERO);

    assertThatThrownBy(() ->
            gate.run(
                Weight.LIGHT,
                "a",
                soon(),
                () -> {
                  throw new IllegalStateException("planted");
                }))
        .hasMessage("planted");
    assertThat(gate.<Integer>run(Weight.LIGHT, "a", soon(), () -> 1)).isEqualTo(1);
  }

  @Test
  void run_permitTakenAndNobodyMayWait_isRefusedWithRetryAfter() throws Exception {
    AdmissionGate gate = new AdmissionGate(1, 0, LONG);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder = hold(gate, inside, leave);
    inside.await();

    assertThatThrownBy(() -> gate.run(Weight.LIGHT, "a", soon(), () -> 1))
        .isInstanceOf(OverloadedException.class)
        .hasMessage(AdmissionGate.OVERLOADED);
    leave.countDown();
    holder.join();
  }

  @Test
  void run_deadlinePassed_doesNotRun() {
    AtomicInteger runs = new AtomicInteger();

    assertThatThrownBy(() ->
            new AdmissionGate(1, 1, LONG)
                .run(Weight.LIGHT, "a", System.nanoTime() - 1, runs::incrementAndGet))
        .isInstanceOf(OverloadedException.class);
    assertThat(runs).hasValue(0);
  }

  @Test
  void run_deadlinePassesInTheQueue_doesNotRun() throws Exception {
    AdmissionGate gate = new AdmissionGate(1, 5, LONG);
    AtomicInteger runs = new AtomicInteger();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder = hold(gate, inside, leave);
    inside.await();

    assertThatThrownBy(
            () -> gate.run(Weight.LIGHT, "a", System.nanoTime() + 1_000_000, runs::incrementAndGet))
        .isInstanceOf(OverloadedException.class);
    leave.countDown();
    holder.join();
    assertThat(runs).hasValue(0);
  }

  @Test
  void run_manyHeavyWait_aLightOnePassesThemAndTheyComeToo() throws Exception {
    AdmissionGate gate = new AdmissionGate(1, 20, LONG);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder = hold(gate, inside, leave);
    inside.await();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      waiters.add(line(gate, Weight.HEAVY, order, i + 1));
    }
    for (int i = 0; i < 4; i++) {
      waiters.add(line(gate, Weight.LIGHT, order, i + 5));
    }

    leave.countDown();
    holder.join();
    for (Thread waiter : waiters) {
      waiter.join();
    }

    assertThat(order.subList(0, 4)).containsOnly(Weight.LIGHT);
    assertThat(order).hasSize(8);
  }

  @Test
  void run_heavyOnesFillTheirHalf_lightOnesStillHaveAPlace() throws Exception {
    AdmissionGate gate = new AdmissionGate(1, 4, LONG);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder = hold(gate, inside, leave);
    inside.await();
    List<Weight> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiters = new ArrayList<>();
    waiters.add(line(gate, Weight.HEAVY, order, 1));
    waiters.add(line(gate, Weight.HEAVY, order, 2));

    assertThatThrownBy(() -> gate.run(Weight.HEAVY, "a", soon(), () -> 1))
        .isInstanceOf(OverloadedException.class);
    waiters.add(line(gate, Weight.LIGHT, order, 3));
    assertThat(gate.runIfIdle(() -> order.add(Weight.LIGHT))).isFalse();
    leave.countDown();
    holder.join();
    for (Thread waiter : waiters) {
      waiter.join();
    }
    assertThat(order).containsExactly(Weight.LIGHT, Weight.HEAVY, Weight.HEAVY);
    assertThat(gate.runIfIdle(() -> order.add(Weight.LIGHT))).isTrue();
  }

  @Test
  @Timeout(60)
  void run_manyThreadsOfBothKinds_losesNoPermit() throws Exception {
    AdmissionGate gate = new AdmissionGate(2, 6, Duration.ofMillis(1));
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 16; t++) {
      Weight weight = t % 2 == 0 ? Weight.LIGHT : Weight.HEAVY;
      threads.add(Thread.ofPlatform().start(() -> hammer(gate, weight, inside, most)));
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(most.get()).isBetween(1, 2);
    assertThat(gate.waiting()).isZero();
    assertThat(gate.runIfIdle(() -> assertThat(gate.runIfIdle(() -> {})).isTrue())).isTrue();
  }

  @Test
  void read_largeBody_isHeavyAndASmallOneNeedsNoPermit() throws Exception {
    AdmissionGate gate = new AdmissionGate(1, 0, LONG);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder = hold(gate, inside, leave);
    inside.await();

    assertThat(gate.<Integer>read(1_000, "a", () -> 7)).isEqualTo(7);
    assertThatThrownBy(() -> gate.read(1_000_000, "a", () -> 7))
        .isInstanceOf(OverloadedException.class);
    leave.countDown();
    holder.join();
    assertThat(gate.<Integer>read(1_000_000, "a", () -> 7)).isEqualTo(7);
  }

  private static void hammer(
      AdmissionGate gate, Weight weight, AtomicInteger inside, AtomicInteger most) {
    for (int i = 0; i < 3_000; i++) {
      try {
        gate.run(
            weight,
            "a",
            soon(),
            () -> {
              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
              Thread.onSpinWait();
              return inside.decrementAndGet();
            });
      } catch (OverloadedException refused) {
        assertThat(refused).hasMessage(AdmissionGate.OVERLOADED);
      }
    }
  }

  /** A request that waits as the n-th. */
  private static Thread line(AdmissionGate gate, Weight weight, List<Weight> order, int nth) {
    Thread thread =
        Thread.ofPlatform().start(() -> gate.run(weight, "a", soon(), () -> order.add(weight)));
    while (gate.waiting() < nth) {
      Thread.onSpinWait();
    }
    return thread;
  }

  /** A heavy request that holds its permit until it is told to leave. */
  private static Thread hold(AdmissionGate gate, CountDownLatch inside, CountDownLatch leave) {
    return Thread.ofPlatform()
        .start(() ->
            gate.run(
                Weight.HEAVY,
                "a",
                soon(),
                () -> {
                  inside.countDown();
                  try {
                    leave.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  return 0;
                }));
  }

  private static long soon() {
    return System.nanoTime() + LONG.toNanos();
  }
}
