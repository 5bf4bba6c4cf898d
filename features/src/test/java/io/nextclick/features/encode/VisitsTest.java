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

  @Test
  void previous_isOfAnotherItemInTheSameVisit() {
    long[] times = {0, 10, 20, 30};
    byte[] clicks = {2, 2, 2, 2};
    assertThat(columns(new int[] {7, 8, 9, 9}, clicks, times).previous()).isEqualTo(1);
    assertThat(columns(new int[] {7, 8, 9, 9}, new byte[] {2, 0, 2, 2}, times).previous()).isZero();
    assertThat(columns(new int[] {9, 9, 9, 9}, clicks, times).previous()).isEqualTo(-1);
    assertThat(columns(new int[4], new byte[4], times).previous()).isEqualTo(-1);
    long[] later = {0, 20 + HALF_HOUR, 30 + HALF_HOUR};
    assertThat(columns(new int[] {7, 8, 9}, new byte[] {2, 2, 2}, later).previous()).isEqualTo(1);
    assertThat(columns(new int[] {7, 9, 9}, new byte[] {2, 2, 2}, later).previous()).isEqualTo(-1);
  }

  @Test
  void hour_isByTheClockOfTheRequest() {
    long noon = 12 * 3_600_000L;
    assertThat(RequestColumns.hour(noon + 1, Map.of())).isEqualTo(12);
    assertThat(RequestColumns.hour(noon - 1, Map.of("utc_offset", "120"))).isEqualTo(13);
    assertThat(RequestColumns.hour(noon, Map.of("utc_offset", "-330"))).isEqualTo(6);
    assertThat(RequestColumns.hour(noon, Map.of("utc_offset", "soon"))).isEqualTo(12);
    assertThat(RequestColumns.hour(noon, Map.of("utc_offset", "99999"))).isEqualTo(12);
    assertThat(RequestColumns.hour(Long.MAX_VALUE / 2, Map.of())).isEqualTo(Integer.MAX_VALUE);
  }

  private static RequestColumns columns(int[] items, byte[] actions, long[] times) {
    return new RequestColumns(items, actions, times, 0, items.length, times[items.length - 1] + 10);
  }

  private static EncodedRequest request(long[] times, byte[] actions, long timeMillis) {
    return new EncodedRequest(
            new int[times.length], actions, times, new int[0], List.of(), Map.of(), Map.of())
        .at(timeMillis);
  }
}
