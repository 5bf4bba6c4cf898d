// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PopularityScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.evaluate.RankingMetrics;
import io.nextclick.serving.shop.ShopEvent;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The shop's true click probabilities beat Markov, and Markov beats popularity, click by click. */
class ShopOracleTest {

  private static final int TRAIN_USERS = 1_000;
  private static final int TEST_USERS = 300;
  private static final byte CLICK = (byte) FoldSettings.DEFAULT.actionCode("click");

  private final SyntheticShop shop =
      new SyntheticShop(ShopSettings.DEFAULT.withUsers(TRAIN_USERS + TEST_USERS));
  private final List<Boolean> labels = new ArrayList<>();
  private final List<Double> oracle = new ArrayList<>();
  private final List<Double> byMarkov = new ArrayList<>();
  private final List<Double> byPopularity = new ArrayList<>();

  @Test
  void auc_ofImpressions_oracleAboveMarkovAbovePopularity() {
    PositiveActions positive = PositiveActions.of(FoldSettings.DEFAULT, List.of("click"));
    ItemSequences train = ItemSequences.of(trainStore(), positive);
    Scorer markov = MarkovScorer.fit(train, positive, MarkovScorer.SERVING_SUCCESSORS);
    Scorer popularity = PopularityScorer.fit(train);
    for (int u = 0; u < TEST_USERS; u++) {
      follow(shop.user(TRAIN_USERS + u), markov, popularity);
    }
    double best = auc(oracle);
    double chain = auc(byMarkov);
    double count = auc(byPopularity);
    assertThat(best).as("oracle %f, markov %f", best, chain).isGreaterThan(chain + 0.03);
    assertThat(chain).as("markov %f, popularity %f", chain, count).isGreaterThan(count + 0.03);
    boolean[] clicked = clicked();
    assertThat(RankingMetrics.calibrationRatio(values(oracle), clicked)).isBetween(0.95, 1.05);
    assertThat(RankingMetrics.normalizedEntropy(values(oracle), clicked)).isLessThan(0.95);
  }

  private HeapSequenceStore trainStore() {
    List<SourceRecord> records = new ArrayList<>();
    for (int u = 0; u < TRAIN_USERS; u++) {
      for (ShopEvent made : shop.user(u)) {
        if (made.event().action().equals("click")) {
          records.add(
              new SourceRecord(
                  records.size(), SourceRecord.UNKNOWN_TIME, made.event(), new byte[0]));
        }
      }
    }
    var store = new HeapSequenceStore(FoldSettings.DEFAULT);
    store.apply(new SourceBatch(new SourcePartition("log", 0), "", -1, records.size(), records));
    return store;
  }

  /** Scores every page with what the user clicked before it, then learns what was clicked. */
  private void follow(List<ShopEvent> events, Scorer markov, Scorer popularity) {
    List<String> history = new ArrayList<>();
    for (int e = 0; e < events.size(); e++) {
      Event page = events.get(e).event();
      if (page.action().equals("impression")) {
        List<String> clicked = clicksOf(page, events.subList(e + 1, events.size()));
        for (int i = 0; i < page.items().size(); i++) {
          labels.add(clicked.contains(page.items().get(i)));
          oracle.add(events.get(e).clickProbabilities()[i]);
        }
        score(markov, history, page.items(), byMarkov);
        score(popularity, history, page.items(), byPopularity);
        history.addAll(clicked);
      }
    }
  }

  private static List<String> clicksOf(Event page, List<ShopEvent> later) {
    return later.stream()
        .map(ShopEvent::event)
        .filter(e -> e.action().equals("click") && page.request().equals(e.request()))
        .map(e -> e.items().getFirst())
        .toList();
  }

  private static void score(
      Scorer scorer, List<String> history, List<String> items, List<Double> into) {
    byte[] actions = new byte[history.size()];
    Arrays.fill(actions, CLICK);
    UserSequence sequence = UserSequence.of(history, actions, new long[history.size()]);
    for (float score :
        scorer.score(
            EncodedRequest.of(
                scorer.vocabulary(), sequence, scorer.maxHistory(), items, Map.of()))) {
      into.add((double) score);
    }
  }

  private double auc(List<Double> scores) {
    return RankingMetrics.auc(values(scores), clicked());
  }

  private static double[] values(List<Double> list) {
    return list.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private boolean[] clicked() {
    boolean[] clicked = new boolean[labels.size()];
    for (int i = 0; i < clicked.length; i++) {
      clicked[i] = labels.get(i);
    }
    return clicked;
  }
}
