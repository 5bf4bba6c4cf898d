// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.data.TimeSplit;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImpressionExamplesTest {

  private static final long START = LocalDate.of(2026, 10, 1).toEpochDay() * 86_400_000L;
  private static final int PAGES = 60;
  private static final int STORED = 40;

  /** Every page shows nine items; every page's first is clicked, always the same item. */
  private static List<Event> log() {
    List<Event> log = new ArrayList<>();
    for (int page = 0; page < PAGES; page++) {
      long time = START + page * 3_600_000L;
      for (int i = 0; i < 9; i++) {
        String item = i == 0 ? "liked" : "i" + i;
        log.add(event(page + "-" + i, "impression", item, time, "r" + page + "-" + i));
      }
      log.add(event(page + "-c", "click", "liked", time + 1_000, "r" + page + "-0"));
    }
    return log;
  }

  private static Event event(String id, String action, String item, long time, String request) {
    return new Event(id, action, "u", List.of(item), time, request, Map.of(), Map.of(), true);
  }

  @Test
  void read_storeKeepsLessThanTheLog_examplesSeeWhatTheStoreWouldHave() throws Exception {
    Recipe recipe =
        Recipe.preset("clicks")
            .with(Map.of("nextItem", "none", "nextItemWeight", "0", "readImpressions", "false"));
    TimeSplit split =
        new TimeSplit(LocalDate.of(2026, 10, 3), LocalDate.of(2026, 10, 4), ZoneOffset.UTC);

    TrainingData data =
        new ImpressionExamples(recipe, FoldSettings.DEFAULT.withMaxHistory(STORED))
            .read(log().iterator(), "click", split)
            .train();

    int shown = 0;
    for (Example example : data.examples()) {
      for (int i = 0; i < example.shown().count(); i++) {
        shown++;
        // Nine of ten entries are impressions: of 40, four or five are clicks.
        assertThat(example.shown().sees()[i]).isLessThanOrEqualTo(STORED / 10 + 1);
        assertThat(example.shown().repeats()[i]).isLessThanOrEqualTo(STORED / 10 + 1);
      }
    }
    assertThat(shown).isGreaterThan(9 * 40);
  }
}
