// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.serving.api.ProblemException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AdmissionGateTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void run_withRoom_returnsTheResult() {
    assertThat(new AdmissionGate(1, 1, LONG).<Integer>run(soon(), () -> 7)).isEqualTo(7);
  }

  @Test
  void run_workFails_givesThePermitBack() {
    AdmissionGate gate = new AdmissionGate(1, 1, Duration.ZERO);

    assertThatThrownBy(() ->
            gate.run(
                soon(),
                () -> {
                  throw new IllegalStateException("planted");
                }))
        .hasMessage("planted");
    assertThat(gate.<Integer>run(soon(), () -> 1)).isEqualTo(1);
  }

  @Test
  void run_permitTakenAndNobodyMayWait_isRefusedWithRetryAfter() throws Exception {
    AdmissionGate gate = new AdmissionGate(1, 0, LONG);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder = hold(gate, inside, leave);
    inside.await();

    assertThatThrownBy(() -> gate.run(soon(), () -> 1))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().status()).isEqualTo(503);
              assertThat(e.retryAfterSeconds()).isPositive();
            });
    leave.countDown();
    holder.join();
  }

  @Test
  void run_deadlinePassed_doesNotRun() {
    AtomicInteger runs = new AtomicInteger();

    assertThatThrownBy(
            () -> new AdmissionGate(1, 1, LONG).run(System.nanoTime() - 1, runs::incrementAndGet))
        .isInstanceOf(ProblemException.class);
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

    assertThatThrownBy(() -> gate.run(System.nanoTime() + 1_000_000, runs::incrementAndGet))
        .isInstanceOf(ProblemException.class);
    leave.countDown();
    holder.join();
    assertThat(runs).hasValue(0);
  }

  private static Thread hold(AdmissionGate gate, CountDownLatch inside, CountDownLatch leave) {
    return Thread.ofPlatform()
        .start(() ->
            gate.run(
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
