// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PlausibleTimesTest {

  private static final Instant NOW = Instant.parse("2026-11-30T00:00:00Z");
  private static final PlausibleTimes TIMES = PlausibleTimes.asOf(NOW);

  @Test
  void fault_edges_areTaken_beyondThemIsNot() {
    long earliest = Instant.parse("1990-01-01T00:00:00Z").toEpochMilli();
    long latest = Instant.parse("2026-12-01T00:00:00Z").toEpochMilli();
    assertThat(TIMES.fault(earliest)).isNull();
    assertThat(TIMES.fault(latest)).isNull();
    assertThat(TIMES.fault(earliest - 1)).isEqualTo("the time is before 1990-01-01T00:00:00Z");
    assertThat(TIMES.fault(latest + 1)).isEqualTo("the time is after 2026-12-01T00:00:00Z");
  }

  @Test
  void unitOf_theSameTimeInEveryUnit_isTold() {
    assertThat(TIMES.unitOf(1_700_000_000L)).contains(TimeUnit.SECONDS);
    assertThat(TIMES.unitOf(1_700_000_000_000L)).contains(TimeUnit.MILLISECONDS);
    assertThat(TIMES.unitOf(1_700_000_000_000_000L)).contains(TimeUnit.MICROSECONDS);
    assertThat(TIMES.unitOf(1_700_000_000_000_000_000L)).contains(TimeUnit.NANOSECONDS);
    assertThat(TIMES.unitOf(17)).isEmpty();
    assertThat(TIMES.unitOf(Long.MAX_VALUE)).isEmpty();
    assertThat(TIMES.unitOf(Long.MIN_VALUE)).isEmpty();
  }

  @Test
  void newPlausibleTimes_earliestAfterLatest_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PlausibleTimes(NOW, NOW.minusMillis(1)));
  }
}
