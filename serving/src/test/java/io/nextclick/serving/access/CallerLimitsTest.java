// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.bucket4j.TimeMeter;
import io.nextclick.serving.access.CallerLimits.Kind;
import io.nextclick.serving.access.CallerLimits.Limit;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CallerLimitsTest {

  private static final Caller SHOP = new Caller("shop", Caller.Kind.KEY, Set.of(Role.RANK));
  private static final Caller BATCH = new Caller("batch", Caller.Kind.KEY, Set.of(Role.RANK));

  private final AtomicLong nanos = new AtomicLong(1);

  private CallerLimits limits(Limit usual, Map<String, Limit> byName) {
    return new CallerLimits(
        new CallerLimits.Settings(usual, byName),
        new TimeMeter() {
          @Override
          public long currentTimeNanos() {
            return nanos.get();
          }

          @Override
          public boolean isWallClockBased() {
            return false;
          }
        });
  }

  @Test
  void enter_moreRequestsThanInASecond_areRefusedUntilTimeHasPassed() {
    CallerLimits limits = limits(new Limit(5, 0, 0), Map.of());
    for (int i = 0; i < 5; i++) {
      limits.enter(SHOP);
    }

    assertThatThrownBy(() -> limits.enter(SHOP))
        .isInstanceOfSatisfying(
            LimitReachedException.class, e -> assertThat(e.retryAfterSeconds()).isOne())
        .hasMessageContaining("5 requests per second");
    limits.enter(BATCH); // has a limit of its own
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(200));
    limits.enter(SHOP);
    assertThatThrownBy(() -> limits.enter(SHOP)).isInstanceOf(LimitReachedException.class);
    assertThat(limits.refused(Kind.REQUESTS)).isEqualTo(2);
  }

  @Test
  void enter_moreAtOnceThanAllowed_waitForAnEnd() {
    CallerLimits limits = limits(Limit.NONE, Map.of("shop", new Limit(0, 0, 2)));
    limits.enter(SHOP);
    Runnable second = limits.enter(SHOP);

    assertThatThrownBy(() -> limits.enter(SHOP)).hasMessageContaining("2 requests at once");
    limits.enter(BATCH);
    second.run();
    limits.enter(SHOP);
  }

  /** Else a batch that is larger than a second's worth would never get in. */
  @Test
  void send_moreEventsThanInASecond_arePaidForByAPause() {
    CallerLimits limits = limits(new Limit(0, 100, 0), Map.of());
    limits.send(SHOP, 350);

    assertThatThrownBy(() -> limits.send(SHOP, 1))
        .isInstanceOfSatisfying(
            LimitReachedException.class, e -> assertThat(e.retryAfterSeconds()).isEqualTo(3));
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(2_520));
    limits.send(SHOP, 1);
    assertThat(limits.refused(Kind.EVENTS)).isOne();
  }
}
