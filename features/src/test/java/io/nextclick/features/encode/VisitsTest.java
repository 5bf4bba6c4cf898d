// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VisitsTest {

  private static final long HALF_HOUR = 30 * 60_000;

  @Test
  void of_pausesOfHalfAnHourAndMore_beginAVisitOnceLonger() {
    assertThat(Visits.of(new long[] {})).isEmpty();
    assertThat(Visits.of(new long[] {5, 5 + HALF_HOUR, 6 + 2 * HALF_HOUR, 7 + 2 * HALF_HOUR}))
        .containsExactly(0, 0, 1, 1);
  }

  @Test
  void ago_requestInTheVisitAndAfterIt_countsFromTheRequest() {
    long[] times = {0, 2 * HALF_HOUR, 2 * HALF_HOUR + 1};
    byte[] actions = {2, 2, 2};
    assertThat(RequestColumns.of(request(times, actions, 3 * HALF_HOUR + 1)).visitsAgo())
        .containsExactly(1, 0, 0);
    assertThat(RequestColumns.of(request(times, actions, 3 * HALF_HOUR + 2)).visitsAgo())
        .containsExactly(2, 1, 1);
    assertThat(RequestColumns.of(request(new long[0], new byte[0], 7)).visitsAgo()).isEmpty();
  }

  @Test
  void newest_whatWasOnlyShown_isPassedOver() {
    long[] times = {0, 10, 20};
    assertThat(RequestColumns.of(request(times, new byte[] {2, 2, 0}, 30)).newest()).isEqualTo(1);
    assertThat(RequestColumns.of(request(times, new byte[] {0, 0, 0}, 30)).newest()).isEqualTo(-1);
  }

  @Test
  void newest_visitOver_isNone() {
    long[] times = {0, 10, 20 + HALF_HOUR};
    byte[] actions = {2, 2, 0};
    assertThat(RequestColumns.of(request(times, actions, times[2])).newest()).isEqualTo(-1);
    assertThat(RequestColumns.of(request(new long[] {0}, new byte[] {2}, HALF_HOUR)).newest())
        .isZero();
    assertThat(RequestColumns.of(request(new long[] {0}, new byte[] {2}, HALF_HOUR + 1)).newest())
        .isEqualTo(-1);
  }

  private static EncodedRequest request(long[] times, byte[] actions, long timeMillis) {
    return new EncodedRequest(
            new int[times.length], actions, times, new int[0], List.of(), Map.of(), Map.of())
        .at(timeMillis);
  }
}
