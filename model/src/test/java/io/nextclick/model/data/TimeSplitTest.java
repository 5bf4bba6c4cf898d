// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.data.TimeSplit.Part;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TimeSplitTest {

  private static final TimeSplit SPLIT =
      new TimeSplit(LocalDate.of(2022, 5, 3), LocalDate.of(2022, 5, 6), ZoneId.of("Asia/Shanghai"));

  @Test
  void part_byTime_changesAtMidnightOfTheZone() {
    assertThat(part("2022-05-03T15:59:59.999Z", Map.of())).isEqualTo(Part.TRAIN);
    assertThat(part("2022-05-03T16:00:00Z", Map.of())).isEqualTo(Part.VALIDATION);
    assertThat(part("2022-05-05T15:59:59Z", Map.of())).isEqualTo(Part.VALIDATION);
    assertThat(part("2022-05-05T16:00:00Z", Map.of())).isEqualTo(Part.TEST);
    assertThat(Instant.ofEpochMilli(SPLIT.trainEndMillis())).hasToString("2022-05-03T16:00:00Z");
  }

  @Test
  void part_dateInTheContext_countsMoreThanTheTime() {
    assertThat(part("2022-05-03T15:55:00Z", Map.of("date", "20220504"))).isEqualTo(Part.VALIDATION);
  }

  @Test
  void part_dateThatIsNone_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> part("2022-05-03T15:55:00Z", Map.of("date", "4 May")))
        .withMessageContaining("date=4 May");
  }

  @Test
  void split_testBeforeTheEndOfTraining_isRefused() {
    LocalDate day = LocalDate.of(2022, 5, 3);
    assertThatIllegalArgumentException().isThrownBy(() -> new TimeSplit(day, day, SPLIT.zone()));
  }

  private static Part part(String time, Map<String, String> context) {
    Event event =
        new Event(
            "e",
            "impression",
            "u",
            List.of("i"),
            Instant.parse(time).toEpochMilli(),
            "r",
            context,
            Map.of(),
            true);
    return SPLIT.part(new Impression(UserSequence.EMPTY, event, new boolean[1]));
  }
}
