// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PeriodicTest {

  private static final Duration NEVER = Duration.ofDays(1);

  @Test
  void atOnce_worksWithoutAnInterval() throws Exception {
    CountDownLatch worked = new CountDownLatch(1);
    Periodic periodic = Periodic.atOnce("test", NEVER, worked::countDown);

    periodic.start();
    worked.await();
    periodic.stop();
  }

  @Test
  void later_goesOnUntilItIsStopped() throws Exception {
    CountDownLatch twice = new CountDownLatch(2);
    Periodic periodic = Periodic.later("test", Duration.ofMillis(1), twice::countDown);

    periodic.start();
    twice.await();
    periodic.stop();
  }

  @Test
  void toTheLast_worksOnceMoreWhenItIsStopped() throws Exception {
    List<Boolean> works = new ArrayList<>();
    Periodic periodic = Periodic.toTheLast("test", NEVER, works::add);

    periodic.start();
    periodic.stop();

    assertThat(works).containsExactly(true);
  }

  @Test
  void stop_waitsForWorkUnderWay() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger ended = new AtomicInteger();
    Periodic periodic =
        Periodic.atOnce(
            "test",
            NEVER,
            () -> {
              begun.countDown();
              Thread.yield();
              ended.incrementAndGet();
            });

    periodic.start();
    begun.await();
    periodic.stop();

    assertThat(ended).hasValue(1);
  }

  @Test
  void stop_beforeStart_returns() throws Exception {
    Periodic.later("test", NEVER, () -> {}).stop();
  }
}
