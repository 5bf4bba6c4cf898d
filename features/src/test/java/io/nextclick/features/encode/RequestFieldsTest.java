// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestFieldsTest {

  private static final long NOON = 43_200_000L;
  private static final int CLICK = FoldSettings.DEFAULT.actions().indexOf("click");

  private final List<String> items = new ArrayList<>();
  private final List<Integer> actions = new ArrayList<>();
  private final List<Long> times = new ArrayList<>();

  @Test
  void of_noHistory_saysSo() {
    assertThat(RequestFields.of(Map.of(), UserSequence.EMPTY, NOON))
        .isEqualTo(
            Map.of(
                "position", "0", "since", "none", "visit", "0/0", "answers", "0", "outcomes", ""));
  }

  @Test
  void of_callersContext_isKept() {
    assertThat(RequestFields.of(Map.of("position", "7", "tab", "2"), UserSequence.EMPTY, NOON))
        .containsEntry("position", "7")
        .containsEntry("tab", "2");
  }

  @Test
  void of_visit_countsWhatWasShownAndAnsweredWithinHalfAnHour() {
    // Before the visit: shown and answered.
    add("a", FoldSettings.IMPRESSION, NOON - RequestFields.VISIT_MILLIS);
    add("a", CLICK, NOON - RequestFields.VISIT_MILLIS);
    // A page of four, two of which were answered after the page.
    for (String item : List.of("b", "c", "d", "e")) {
      add(item, FoldSettings.IMPRESSION, NOON - 60_000);
    }
    add("b", CLICK, NOON - 50_000);
    add("d", CLICK, NOON - 40_000);

    assertThat(RequestFields.of(Map.of(), sequence(), NOON))
        .containsEntry("since", "6") // 40 seconds
        .containsEntry("visit", "3/4") // 4 shown, half of them answered
        .containsEntry("answers", "2")
        .containsEntry("outcomes", "0101"); // e, d, c, b
  }

  @Test
  void of_anItemShownTwice_wasAnsweredWhereTheClickFollows() {
    add("a", FoldSettings.IMPRESSION, NOON - 3_000);
    add("a", FoldSettings.IMPRESSION, NOON - 2_000);
    add("a", CLICK, NOON - 1_000);

    assertThat(RequestFields.of(Map.of(), sequence(), NOON))
        .containsEntry("outcomes", "10")
        .containsEntry("answers", "1");
  }

  @Test
  void of_longAgo_hasOneBucketFromTwelveDaysOn() {
    add("a", CLICK, 0);
    String twelveDays =
        RequestFields.of(Map.of(), sequence(), 13 * 86_400_000L).get(RequestFields.SINCE);
    String years =
        RequestFields.of(Map.of(), sequence(), 9_999L * 86_400_000).get(RequestFields.SINCE);
    assertThat(years).isEqualTo(twelveDays).isEqualTo("20");
  }

  private void add(String item, int action, long time) {
    items.add(item);
    actions.add(action);
    times.add(time);
  }

  private UserSequence sequence() {
    byte[] codes = new byte[actions.size()];
    for (int t = 0; t < codes.length; t++) {
      codes[t] = (byte) (int) actions.get(t);
    }
    return UserSequence.of(items, codes, times.stream().mapToLong(Long::longValue).toArray());
  }
}
