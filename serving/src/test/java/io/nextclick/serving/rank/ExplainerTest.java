// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.model.Scorer;
import io.nextclick.model.calibrate.CalibratedScorer;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.search.ScoringCost;
import io.nextclick.model.train.Recipe;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.RankedList.RankedItem;
import io.nextclick.serving.api.RankedList.Reason;
import io.nextclick.serving.models.LoadedModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reasons are what happens when an event had not happened. */
class ExplainerTest extends RankingFixture {

  private static final int EVENTS = 9;
  private static final int READ = 6;
  private static final String ASK = "'candidates':['i1','i2','i3','i4'],'explain':true}";

  @ParameterizedTest
  @EnumSource(Scoring.class)
  void explain_calibrated_reasonsAreTheChangesOfTheProbability(Scoring scoring) {
    models.activate(
        new LoadedModel(
            new CalibratedScorer(encoder(scoring).scorer(), new Calibration.Platt(2, 0.5)), "1"));
    requireChanges(RankedItem::probability);
  }

  @ParameterizedTest
  @EnumSource(Scoring.class)
  void explain_notCalibrated_reasonsAreTheChangesOfTheScore(Scoring scoring) {
    models.activate(encoder(scoring));
    requireChanges(item -> (double) item.score());
  }

  /** What counts say, and crosses, are of the history that is left, as all else is. */
  @ParameterizedTest
  @ValueSource(strings = {"clicks", "kuairand"})
  void explain_withGraphAndCrosses_reasonsAreTheChangesOfTheScore(String preset) {
    Recipe recipe =
        Recipe.preset(preset)
            .with(
                Map.of(
                    "graph", "4",
                    "crosses", "on",
                    "dim", "16",
                    "feedForward", "16",
                    "maxHistory", String.valueOf(READ)));
    EncoderWeights weights = ScoringCost.weights(recipe, 40);
    models.activate(
        new LoadedModel(new EncoderScorer("recipe", items(), weights, Kernels.best(), null), "1"));
    requireChanges(item -> (double) item.score());
  }

  private void requireChanges(ToDoubleFunction<RankedItem> value) {
    clicks("u", EVENTS, -1);

    RankedList list = service().rank(read("{'user':'u'," + ASK), soon());

    assertThat(list.explanation().events()).isEqualTo(READ);
    assertThat(list.explanation().complete()).isTrue();
    for (RankedItem item : list.items()) {
      List<Reason> expected = new ArrayList<>();
      for (int t = EVENTS - READ; t < EVENTS; t++) {
        double change = value.applyAsDouble(item) - value.applyAsDouble(without(t, item.item()));
        String time = Instant.ofEpochMilli(1_000 + t).toString();
        expected.add(new Reason(clicked(t), "click", time, change, null));
      }
      expected.sort(Comparator.comparingDouble(reason -> -Math.abs(reason.change())));
      assertThat(item.because())
          .usingRecursiveFieldByFieldElementComparatorIgnoringFields("attention")
          .isEqualTo(expected.subList(0, Explainer.REASONS))
          .allSatisfy(reason -> assertThat(reason.attention()).isBetween(0.0, 1.0));
    }
  }

  @Test
  void explain_notAskedFor_givesNoReasons() {
    models.activate(encoder(Scoring.DOT));
    clicks("u", EVENTS, -1);

    RankedList list = service().rank(read("{'user':'u','candidates':['i1']}"), soon());

    assertThat(list.explanation()).isNull();
    assertThat(list.items().getFirst().because()).isNull();
  }

  @Test
  void explain_manyItemsAndEvents_staysWithinItsBounds() {
    Waiting model = new Waiting(0, 200);
    models.activate(new LoadedModel(model, "1"));
    clicks("u", Explainer.MAX_EVENTS + 5, -1);
    String items =
        String.join("','", IntStream.range(0, 30).mapToObj(ExplainerTest::clicked).toList());

    RankedList list =
        service()
            .rank(
                read("{'user':'u','limit':30,'candidates':['" + items + "'],'explain':true}"),
                soon());

    assertThat(list.explanation().events()).isEqualTo(Explainer.MAX_EVENTS);
    assertThat(list.explanation().complete()).isFalse();
    assertThat(list.items().subList(0, Explainer.MAX_ITEMS))
        .allSatisfy(item -> assertThat(item.because()).hasSize(Explainer.REASONS));
    assertThat(list.items().subList(Explainer.MAX_ITEMS, 30))
        .allSatisfy(item -> assertThat(item.because()).isNull());
  }

  @Test
  void explain_slowModel_endsBeforeTheDeadlineAndSaysSo() {
    models.activate(new LoadedModel(new Waiting(50, 200), "1"));
    clicks("u", 20, -1);

    RankedList list =
        service().rank(read("{'user':'u'," + ASK), Deadline.after(System.nanoTime(), 400));

    assertThat(list.model().name()).isEqualTo("waiting");
    assertThat(list.explanation().events()).isLessThan(20);
    assertThat(list.explanation().complete()).isFalse();
  }

  @Test
  void explain_callersOrder_hasNoReasons() {
    RankedList list = service().rank(read("{'user':'u'," + ASK), soon());

    assertThat(list.items()).allSatisfy(item -> assertThat(item.because()).isNull());
    assertThat(list.explanation().events()).isZero();
  }

  /** What another user gets, who did the same but for event {@code t}. */
  private RankedItem without(int t, String item) {
    String user = "without-" + t;
    clicks(user, EVENTS, t);
    return service()
        .rank(read("{'user':'" + user + "','candidates':['" + item + "']}"), soon())
        .items()
        .getFirst();
  }

  private void clicks(String user, int events, int without) {
    for (int t = 0; t < events; t++) {
      if (t != without) {
        apply(Event.behaviour(user + "-" + t, "click", user, clicked(t), 1_000 + t));
      }
    }
  }

  private static String clicked(int t) {
    return "i" + (1 + t % 40);
  }

  private static LoadedModel encoder(Scoring scoring) {
    EncoderConfig config =
        EncoderConfig.builder(40, scoring).width(16, 16).layers(2, 2).history(READ).build();
    return new LoadedModel(
        new EncoderScorer(
            "encoder", items(), EncoderWeights.random(config, 3), Kernels.best(), null),
        "1");
  }

  private static Vocabulary items() {
    return new Vocabulary(IntStream.range(0, 40).mapToObj(ExplainerTest::clicked).toList());
  }

  /** Takes its time, and gives what the clicked items' numbers come to. */
  private record Waiting(long millis, int maxHistory) implements Scorer {

    @Override
    public String name() {
      return "waiting";
    }

    @Override
    public Vocabulary vocabulary() {
      return items();
    }

    @Override
    public float[] score(EncodedRequest request) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      float[] scores = new float[request.candidates().length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = IntStream.of(request.historyItems()).sum() / 1e3f;
      }
      return scores;
    }
  }
}
