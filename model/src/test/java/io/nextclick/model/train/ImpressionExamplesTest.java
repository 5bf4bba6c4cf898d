// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.Scorer;
import io.nextclick.model.data.TimeSplit;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImpressionExamplesTest {

  private static final long START = LocalDate.of(2026, 10, 1).toEpochDay() * 86_400_000L;
  private static final int PAGES = 60;
  private static final int STORED = 40;

  /** Every page shows nine items; every page's first is clicked, always the same item. */
  private static List<Event> log() {
    return log(3_600_000);
  }

  private static List<Event> log(long pause) {
    List<Event> log = new ArrayList<>();
    for (int page = 0; page < PAGES; page++) {
      long time = START + page * pause;
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
            .with(Map.of("nextItem", "none", "nextItemWeight", "0", "impressions", "false"));
    TimeSplit split =
        new TimeSplit(LocalDate.of(2026, 10, 3), LocalDate.of(2026, 10, 4), ZoneOffset.UTC);

    TrainingData data =
        new ImpressionExamples(recipe, FoldSettings.DEFAULT.withMaxHistory(STORED), false)
            .read(log().iterator(), "click", split)
            .train();

    int shown = 0;
    for (Example example : data.examples()) {
      for (int i = 0; i < example.shown().count(); i++) {
        shown++;
        // Nine of ten entries are impressions: of 40, four or five are clicks.
        assertThat(example.shown().visibleLength()[i]).isLessThanOrEqualTo(STORED / 10 + 1);
        assertThat(example.shown().repeats()[i]).isLessThanOrEqualTo(STORED / 10 + 1);
      }
    }
    assertThat(shown).isGreaterThan(9 * 40);
  }

  @ParameterizedTest
  @ValueSource(longs = {20 * 60_000, 60 * 60_000})
  void read_pagesAfterPauses_belongToTheirVisits(long pause) throws Exception {
    TimeSplit split =
        new TimeSplit(LocalDate.of(2026, 10, 3), LocalDate.of(2026, 10, 4), ZoneOffset.UTC);
    TrainingData data =
        new ImpressionExamples(Recipe.preset("clicks"), FoldSettings.DEFAULT, false)
            .read(log(pause).iterator(), "click", split)
            .train();
    for (Example example : data.examples()) {
      for (int i = 0; i < example.shown().count(); i++) {
        // Every page had a click: after an hour, each entry before was a visit.
        int visit = pause > 30 * 60_000 ? example.shown().visibleLength()[i] : 0;
        assertThat(example.shown().visit()[i]).isEqualTo(visit);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"40, 0", "8, 32"})
  void read_storeKeepsLessThanTheLog_validationSeesAndHoldsNoMore(int actions, int impressions)
      throws Exception {
    FoldSettings fold = FoldSettings.DEFAULT.withCapacity(new Capacity(actions, impressions));
    TimeSplit split =
        new TimeSplit(LocalDate.of(2026, 10, 2), LocalDate.of(2026, 10, 4), ZoneOffset.UTC);
    HeldOutImpressions heldOut =
        new ImpressionExamples(Recipe.preset("clicks"), fold, false)
            .read(log().iterator(), "click", split)
            .heldOut();
    AtomicInteger longest = new AtomicInteger();

    heldOut.logits(new Longest(longest));

    assertThat(longest).hasValue(STORED);
    int pages = heldOut.clicked().length; // of one item each
    assertThat(heldOut.bytes()).isBetween(pages * 13L * STORED, pages * (13L * STORED + 1_024));
  }

  /** Remembers the longest history that it was asked about. */
  private record Longest(AtomicInteger entries) implements Scorer {

    @Override
    public String name() {
      return "longest";
    }

    @Override
    public Vocabulary vocabulary() {
      return new Vocabulary(List.of());
    }

    @Override
    public int maxHistory() {
      return 65_536;
    }

    @Override
    public float[] score(EncodedRequest request) {
      entries.accumulateAndGet(request.historyItems().length, Math::max);
      return new float[request.candidates().length];
    }

    @Override
    public double probability(float score, EncodedRequest request) {
      return score;
    }

    @Override
    public boolean calibrated() {
      return false;
    }
  }
}
