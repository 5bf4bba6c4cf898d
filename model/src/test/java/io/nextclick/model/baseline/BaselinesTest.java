// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BaselinesTest {

  private static final PositiveActions POSITIVE = PositiveActions.of(FoldSettings.DEFAULT);
  private static final byte IMPRESSION = 0;
  private static final byte CLICK = 1;
  private static final byte PURCHASE = 3;

  private static final Vocabulary ABCD = new Vocabulary(List.of("a", "b", "c", "d"));
  private static final ItemSequences SMALL =
      ItemSequences.of(ABCD, List.of(new int[] {1, 2, 3}, new int[] {1, 3}, new int[] {4}));

  @Test
  void popularity_threeSequences_countsOccurrences() {
    Scorer scorer = PopularityScorer.fit(SMALL);
    assertThat(score(scorer, List.of(), "a", "b", "c", "d", "unknown"))
        .containsExactly(2, 1, 2, 1, 0);
    assertThat(scorer.calibrated()).isFalse();
  }

  @Test
  void markov_oneItemOfHistory_dividesTheWindowedCountsByPopularity() {
    Scorer scorer = MarkovScorer.fit(SMALL, POSITIVE, MarkovScorer.ALL_SUCCESSORS);
    // After a: b one step later, c once two steps and once one step later; a occurs twice.
    assertThat(score(scorer, List.of("a"), "a", "b", "c", "d"))
        .usingComparatorWithPrecision(1e-7f)
        .containsExactly(2e-9f, 1 / 2f, (1 / 2f + 1) / 2, 1e-9f);
  }

  @Test
  void markov_longerHistory_decaysFromTheNewest() {
    Scorer scorer = MarkovScorer.fit(SMALL, POSITIVE, MarkovScorer.ALL_SUCCESSORS);
    // Newest b: T[b][c] = 1, b occurs once; before it a, at 0.8.
    assertThat(score(scorer, List.of("a", "b"), "c")[0]).isEqualTo(1 + 0.8f * 0.75f, within(1e-6f));
  }

  @Test
  void markov_nothingFollowed_ordersByPopularity() {
    Scorer scorer = MarkovScorer.fit(SMALL, POSITIVE, MarkovScorer.ALL_SUCCESSORS);
    float[] scores = score(scorer, List.of("d"), "a", "b", "unknown");
    assertThat(scores[0]).isGreaterThan(scores[1]);
    assertThat(scores[1]).isGreaterThan(scores[2]);
    assertThat(scores[2]).isZero();
  }

  @Test
  void markov_impressionsAndRepeats_countNotAsSteps() {
    Scorer scorer = MarkovScorer.fit(SMALL, POSITIVE, MarkovScorer.ALL_SUCCESSORS);
    byte[] actions = {CLICK, PURCHASE, IMPRESSION};
    var history = UserSequence.of(List.of("a", "a", "d"), actions, new long[3]);
    var request =
        EncodedRequest.of(ABCD, history, scorer.maxHistory(), List.of("b", "c"), Map.of());
    assertThat(scorer.score(request)).isEqualTo(score(scorer, List.of("a"), "b", "c"));
  }

  @Test
  void markov_fewCandidates_scoreAsAmongAll() {
    long seed = 3;
    Vocabulary items =
        new Vocabulary(IntStream.rangeClosed(1, 200).mapToObj(String::valueOf).toList());
    Scorer scorer =
        MarkovScorer.fit(randomSequences(items, seed), POSITIVE, MarkovScorer.ALL_SUCCESSORS);
    List<String> history = List.of("5", "17", "5", "90", "200", "1", "2", "3", "4", "5", "6", "7");
    float[] all = score(scorer, history, items.ids().toArray(String[]::new));
    for (int row = 1; row <= items.size(); row++) {
      assertThat(score(scorer, history, items.id(row))[0])
          .as("seed %d, item %d", seed, row)
          .isEqualTo(all[row - 1]);
    }
  }

  @Test
  void markov_scores_areNoClickRates() {
    Scorer scorer = MarkovScorer.fit(SMALL, POSITIVE, MarkovScorer.ALL_SUCCESSORS);
    assertThat(scorer.calibrated()).isFalse();
  }

  @Test
  void transitions_moreThanTheBuffer_equalThoseOfAPlainTable() {
    Vocabulary items =
        new Vocabulary(IntStream.rangeClosed(1, 200).mapToObj(String::valueOf).toList());
    ItemSequences sequences = randomSequences(items, 11);
    double[][] expected = new double[201][201];
    sequences.forEach(rows -> {
      for (int to = 0; to < rows.length; to++) {
        for (int step = 1; step <= 3 && step <= to; step++) {
          expected[rows[to - step]][rows[to]] += 1.0 / step;
        }
      }
    });
    TransitionCounts counts = TransitionCounts.of(sequences, Integer.MAX_VALUE);
    for (int from = 0; from <= 200; from++) {
      for (int to = 0; to <= 200; to++) {
        assertThat(counts.weight(from, to)).isEqualTo(expected[from][to], within(1e-6));
      }
    }
  }

  @Test
  void transitions_capped_keepTheHeaviestPerItem() {
    var sequences =
        ItemSequences.of(
            ABCD, List.of(new int[] {1, 2}, new int[] {1, 3}, new int[] {1, 3}, new int[] {1, 4}));
    TransitionCounts counts = TransitionCounts.of(sequences, 2);
    assertThat(counts.entries()).isEqualTo(2);
    assertThat(counts.weight(1, 3)).isEqualTo(2);
    assertThat(counts.weight(1, 2)).isEqualTo(1); // of the two lightest, the first
    assertThat(counts.weight(1, 4)).isZero();
  }

  @Test
  void sequences_ofAStore_holdPositiveActionsOnly() {
    var store = new HeapSequenceStore(FoldSettings.DEFAULT);
    List<SourceRecord> records = new ArrayList<>();
    String[][] events = {{"impression", "x"}, {"click", "b"}, {"purchase", "b"}, {"click", "a"}};
    for (String[] e : events) {
      long offset = records.size();
      Event event = Event.behaviour("e" + offset, e[0], "u", e[1], offset);
      records.add(new SourceRecord(offset, SourceRecord.UNKNOWN_TIME, event, new byte[0]));
    }
    store.apply(new SourceBatch(new SourcePartition("log", 0), "", -1, 4, records));
    ItemSequences sequences = ItemSequences.of(store, POSITIVE);
    assertThat(sequences.vocabulary().ids()).containsExactly("a", "b", "x");
    List<int[]> rows = new ArrayList<>();
    sequences.forEach(rows::add);
    assertThat(rows).containsExactly(new int[] {2, 1});
  }

  @Test
  void positiveActions_unknown_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PositiveActions.of(FoldSettings.DEFAULT, List.of("klick")))
        .withMessageContaining("klick")
        .withMessageContaining("long_view");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PositiveActions.of(FoldSettings.DEFAULT, List.of()));
  }

  /** 800,000 rows: more pairs than the buffer takes at once. */
  private static ItemSequences randomSequences(Vocabulary items, long seed) {
    return new ItemSequences() {
      @Override
      public Vocabulary vocabulary() {
        return items;
      }

      @Override
      public void forEach(Consumer<int[]> visitor) {
        var random = new SplittableRandom(seed);
        for (int user = 0; user < 4_000; user++) {
          visitor.accept(random.ints(200, 1, items.size() + 1).toArray());
        }
      }
    };
  }

  private static float[] score(Scorer scorer, List<String> clicked, String... candidates) {
    byte[] actions = new byte[clicked.size()];
    Arrays.fill(actions, CLICK);
    var history = UserSequence.of(clicked, actions, new long[clicked.size()]);
    return scorer.score(
        EncodedRequest.of(
            scorer.vocabulary(), history, scorer.maxHistory(), List.of(candidates), Map.of()));
  }
}
