// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.UnreadableStateException;
import io.nextclick.ingest.kafka.Moment;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.ingest.kafka.Ownership.UpTo;
import io.nextclick.model.Scorer;
import io.nextclick.model.calibrate.CalibratedScorer;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.RankedList.RankedItem;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.UnknownModelException;
import io.nextclick.serving.state.Freshness;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RankingServiceTest extends RankingFixture {

  @BeforeEach
  void fill() {
    apply(Event.behaviour("e1", "click", "u1", "a", 1_000));
    for (String id : List.of("a", "b", "c")) {
      apply(item(id, true));
    }
    apply(item("gone", false));
  }

  @Test
  void rank_scores_orderBestFirst() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 3f, "c", 2f)));

    RankedList list = service().rank(candidates("u1", "a", "b", "c"), soon());

    assertThat(ids(list)).containsExactly("b", "c", "a");
    assertThat(list.items()).extracting(RankedItem::rank).containsExactly(1, 2, 3);
    assertThat(list.model()).isEqualTo(new RankedList.Model("model", "v-model", false));
    assertThat(list.fallback()).isNull();
    assertThat(list.request()).isNotBlank();
  }

  @Test
  void rank_equalScores_keepCallersOrder() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 1f, "c", 1f)));

    assertThat(ids(service().rank(candidates("u1", "c", "a", "b"), soon())))
        .containsExactly("c", "a", "b");
  }

  @Test
  void rank_duplicateCandidates_areListedOnce() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 3f)));

    assertThat(ids(service().rank(candidates("u1", "a", "b", "a", "b"), soon())))
        .containsExactly("b", "a");
  }

  @Test
  void rank_withoutCandidates_ranksTheAvailableCatalogue() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 3f, "c", 2f, "gone", 9f)));

    assertThat(ids(service().rank(catalogue("u1"), soon()))).containsExactly("b", "c", "a");
  }

  @Test
  void rank_filters_dropAndExplain() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 3f, "c", 2f)));
    RankRequest request =
        new RankRequest(
            "u1",
            "r1",
            CandidateList.of(List.of("a", "b", "c", "c", "gone", "new")),
            null,
            null,
            List.of("b"),
            null,
            null,
            true,
            null,
            null);
    RankingLimits limits = new RankingLimits(100, 100, 20, 1_000, Set.of(FOLD.actionCode("click")));

    RankedList list = service(limits).rank(request, soon());

    assertThat(ids(list)).containsExactly("c", "new");
    assertThat(list.request()).isEqualTo("r1");
    assertThat(list.explanation())
        .isEqualTo(
            new RankedList.Explanation(
                6, Map.of("seen", 1, "excluded", 1, "duplicate", 1, "unavailable", 1), 2, 1, true));
  }

  @Test
  void rank_limit_cutsTheList() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 3f, "c", 2f)));
    RankRequest request =
        new RankRequest(
            "u1",
            null,
            CandidateList.of(List.of("a", "b", "c")),
            1,
            null,
            null,
            null,
            null,
            null,
            null,
            null);

    assertThat(ids(service().rank(request, soon()))).containsExactly("b");
  }

  @Test
  void ladder_nothingLoaded_keepsCallersOrderAndSaysSo() {
    RankedList list = service().rank(candidates("u1", "c", "a", "b"), soon());

    assertThat(ids(list)).containsExactly("c", "a", "b");
    assertThat(list.model().name()).isEqualTo("caller-order");
    assertThat(list.fallback()).isEqualTo("no-model");
    assertThat(list.model().calibrated()).isFalse();
    assertThat(list.items()).extracting(RankedItem::probability).containsOnlyNulls();
    assertThat(list.items()).extracting(RankedItem::score).containsExactly(1f, 1 / 2f, 1 / 3f);
  }

  @Test
  void rank_modelThatIsNotCalibrated_hasScoresAndNoProbabilities() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 3f, "c", -2f)));

    RankedList list = service().rank(candidates("u1", "a", "b", "c"), soon());

    assertThat(list.model().calibrated()).isFalse();
    assertThat(list.items()).extracting(RankedItem::score).containsExactly(3f, 1f, -2f);
    assertThat(list.items()).extracting(RankedItem::probability).containsOnlyNulls();
  }

  @Test
  void rank_calibratedModel_hasScoresAndProbabilities() {
    Scorer logits = new FixedScorer("model", Map.of("a", 1f, "b", 3f));
    models.activate(
        new LoadedModel(new CalibratedScorer(logits, new Calibration.Platt(0.5, -1)), "v1"));

    RankedList list = service().rank(candidates("u1", "a", "b"), soon());

    assertThat(list.model()).isEqualTo(new RankedList.Model("model", "v1", true));
    assertThat(list.items()).extracting(RankedItem::score).containsExactly(3f, 1f);
    assertThat(list.items())
        .extracting(RankedItem::probability)
        .containsExactly(1 / (1 + Math.exp(-0.5)), 1 / (1 + Math.exp(0.5)));
  }

  @Test
  void ladder_scoreThatIsNotFinite_isAnsweredByTheNextRung() {
    models.activate(scorer("model", Map.of("a", Float.POSITIVE_INFINITY, "b", 1f)));
    models.replaceBaselines(List.of(scorer("markov", Map.of("a", 1f, "b", 2f))));

    RankedList list = service().rank(candidates("u1", "a", "b"), soon());

    assertThat(list.fallback()).isEqualTo("model-failed");
    assertThat(list.model().name()).isEqualTo("markov");
    assertThat(list.items()).extracting(RankedItem::score).containsExactly(2f, 1f);
  }

  @Test
  void ladder_unknownUser_isAnsweredByTheLastRung() {
    models.activate(scorer("model", Map.of("a", 1f)));
    models.replaceBaselines(
        List.of(scorer("markov", Map.of("a", 1f)), scorer("popularity", Map.of("a", 1f))));

    RankedList list = service().rank(candidates("stranger", "a", "b"), soon());

    assertThat(list.model().name()).isEqualTo("popularity");
    assertThat(list.fallback()).isEqualTo("no-history");
    assertThat(list.history().events()).isZero();
  }

  @Test
  void ladder_modelKnowsNoCandidate_fallsToTheNext() {
    models.activate(scorer("model", Map.of("z", 1f)));
    models.replaceBaselines(List.of(scorer("markov", Map.of("a", 1f, "b", 2f))));

    RankedList list = service().rank(candidates("u1", "a", "b"), soon());

    assertThat(ids(list)).containsExactly("b", "a");
    assertThat(list.model().name()).isEqualTo("markov");
    assertThat(list.fallback()).isEqualTo("unknown-items");
  }

  @Test
  void ladder_nobodyKnowsTheCandidates_keepsCallersOrder() {
    models.activate(scorer("model", Map.of("z", 1f)));

    RankedList list = service().rank(candidates("u1", "q2", "q1"), soon());

    assertThat(ids(list)).containsExactly("q2", "q1");
    assertThat(list.model().name()).isEqualTo("caller-order");
    assertThat(list.fallback()).isEqualTo("unknown-items");
  }

  @Test
  void ladder_modelFails_fallsToTheNext() {
    models.activate(new LoadedModel(new FixedScorer("model", Map.of("a", Float.NaN)), "v1"));
    models.replaceBaselines(List.of(scorer("markov", Map.of("a", 1f))));

    RankedList list = service().rank(candidates("u1", "a"), soon());

    assertThat(list.model().name()).isEqualTo("markov");
    assertThat(list.fallback()).isEqualTo("model-failed");
  }

  @Test
  void rank_namedModel_isUsedAlone() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 2f)));
    models.replaceBaselines(List.of(scorer("popularity", Map.of("a", 2f, "b", 1f))));
    RankRequest request =
        new RankRequest(
            "u1",
            null,
            CandidateList.of(List.of("a", "b")),
            null,
            null,
            null,
            null,
            null,
            null,
            "popularity",
            null);

    RankedList list = service().rank(request, soon());

    assertThat(ids(list)).containsExactly("a", "b");
    assertThat(list.fallback()).isNull();
  }

  @Test
  void rank_modelThatIsNotLoaded_isRefusedWithTheLoadedOnes() {
    models.activate(scorer("model", Map.of("a", 1f)));
    RankRequest request =
        new RankRequest("u1", null, null, null, null, null, null, null, null, "other", null);

    assertThatThrownBy(() -> service().rank(request, soon()))
        .isInstanceOf(UnknownModelException.class)
        .hasMessage("is not loaded; loaded: model");
  }

  @Test
  void history_ofAnswer_isTheStateItWasMadeFrom() {
    models.activate(scorer("model", Map.of("a", 1f)));

    RankedList.History history = service().rank(candidates("u1", "a"), soon()).history();

    assertThat(history).isEqualTo(new RankedList.History(1, 0, 1L, 5_000L, null));
  }

  @Test
  void state_thatAnotherProcessReads_isNotUsed_andTheAnswerSaysSo() {
    models.activate(scorer("model", Map.of("a", 1f)));
    models.replaceBaselines(List.of(scorer("popularity", Map.of("a", 1f))));
    ownership = new Ownership("events", 1, true, false, Map.of(), Moment.now(() -> NOW));

    RankedList list = service().rank(candidates("u1", "a"), soon());

    assertThat(list.fallback()).isEqualTo("not-owned");
    assertThat(list.model().name()).isEqualTo("popularity");
    assertThat(list.history()).isEqualTo(new RankedList.History(0, 0, null, null, "not-owned"));
  }

  @Test
  void state_thatWasAnothersAndIsNotReadToItsEnd_isNotUsed() {
    models.activate(scorer("model", Map.of("a", 1f)));
    ownership =
        new Ownership(
            "events", 1, true, false, Map.of(EVENTS, new UpTo(null, false)), Moment.now(() -> NOW));

    RankedList list = service().rank(candidates("u1", "a"), soon());

    assertThat(list.fallback()).isEqualTo("not-owned");
    assertThat(list.history())
        .isEqualTo(new RankedList.History(0, null, null, null, "catching-up"));
  }

  @Test
  void state_beforeTheLogIsReadToItsEnd_isUsed_andHasNoAge() {
    models.activate(scorer("model", Map.of("a", 1f)));
    ownership =
        new Ownership(
            "events", 1, true, true, Map.of(EVENTS, new UpTo(null, true)), Moment.now(() -> NOW));

    RankedList list = service().rank(candidates("u1", "a"), soon());

    assertThat(list.fallback()).isNull();
    assertThat(list.history()).isEqualTo(new RankedList.History(1, 0, 1L, null, "catching-up"));
  }

  @Test
  void age_isCountedFromBeforeTheStateWasRead_whateverIsReadMeanwhile() {
    Ownership before = ownership;
    Ownership after = owned(EVENTS, NOW.minusSeconds(1));
    AtomicInteger asked = new AtomicInteger();
    Freshness freshness =
        new Freshness(() -> asked.getAndIncrement() == 0 ? before : after, () -> NOW);
    Freshness.Look look = freshness.look("u1");

    assertThat(look.describe(store.get("u1")).ageMillis()).isEqualTo(5_000L);
  }

  @Test
  void rank_excludedActionsOfTheRequest_standInForTheSettings() {
    models.activate(scorer("model", Map.of("a", 3f, "b", 2f)));
    RankingLimits limits = new RankingLimits(100, 100, 20, 1_000, Set.of(FOLD.actionCode("click")));
    RankRequest noPurchases =
        read("{'user':'u1','candidates':['a','b'],'excludeActions':['purchase']}");
    RankRequest byDefault = read("{'user':'u1','candidates':['a','b']}");

    assertThat(ids(service(limits).rank(noPurchases, soon()))).containsExactly("a", "b");
    assertThat(ids(service(limits).rank(byDefault, soon()))).containsExactly("b");
  }

  @Test
  void rank_unknownAction_isRefusedWithTheKnownOnes() {
    RankRequest request = read("{'user':'u1','excludeActions':['click','stare']}");

    assertThatThrownBy(() -> service().rank(request, soon()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("excludeActions[1] is no action of this service")
        .hasMessageContaining("purchase");
  }

  @Test
  void rank_attributeFilter_keepsItemsWithOneValueOfEach() {
    models.activate(scorer("model", Map.of("a", 3f, "b", 2f)));
    apply(
        item(
            "red-shoe", Map.of("category", List.of("shoes", "outdoor"), "colour", List.of("red"))));
    apply(item("blue-shoe", Map.of("category", List.of("shoes"), "colour", List.of("blue"))));
    apply(item("red-hat", Map.of("category", List.of("hats"), "colour", List.of("red"))));
    RankRequest request =
        read(
            "{'user':'u1','candidates':['a','red-hat','blue-shoe','red-shoe'],'explain':true,"
                + "'filter':{'category':['boots','shoes'],'colour':['red']}}");

    RankedList list = service().rank(request, soon());

    assertThat(ids(list)).containsExactly("red-shoe");
    assertThat(list.explanation()).isNotNull();
    assertThat(list.explanation().dropped()).isEqualTo(Map.of("filtered", 3));
  }

  @Test
  void rank_itemUpdate_isVisibleToTheNextRequest() {
    models.activate(scorer("model", Map.of("a", 3f, "b", 2f)));
    RankingService service = service();
    assertThat(ids(service.rank(candidates("u1", "a", "b"), soon()))).containsExactly("a", "b");

    apply(item("a", false));

    assertThat(ids(service.rank(candidates("u1", "a", "b"), soon()))).containsExactly("b");
  }

  @Test
  void ladder_modelTooSlowForTheDeadline_fallsToTheNext() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 2f)));
    models.replaceBaselines(List.of(scorer("markov", Map.of("a", 2f, "b", 1f))));
    models.routing().models().getFirst().took(100_000_000_000L, 1);

    RankedList list = service().rank(candidates("u1", "a", "b"), soon());

    assertThat(ids(list)).containsExactly("a", "b");
    assertThat(list.model().name()).isEqualTo("markov");
    assertThat(list.fallback()).isEqualTo("deadline");
  }

  @Test
  void ladder_slowModel_isTriedAgainAfterAWhile() {
    models.activate(scorer("model", Map.of("a", 1f)));
    models.routing().models().getFirst().took(100_000_000_000L, 1);
    RankingService service = service();

    assertThat(IntStream.range(0, 200))
        .anyMatch(i -> service.rank(candidates("u1", "a"), soon()).fallback() == null);
  }

  @Test
  void ladder_deadlinePassed_keepsCallersOrder() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 2f)));

    RankedList list =
        service().rank(candidates("u1", "a", "b"), new Deadline(System.nanoTime() - 1));

    assertThat(ids(list)).containsExactly("a", "b");
    assertThat(list.model().name()).isEqualTo("caller-order");
    assertThat(list.fallback()).isEqualTo("deadline");
  }

  @Test
  void rank_answer_goesToEveryListenerWithItsTimes() {
    models.activate(scorer("model", Map.of("a", 1f, "b", 2f)));
    List<Ranking> heard = new ArrayList<>();
    RankingLimits limits = new RankingLimits(100, 100, 20, 1_000, Set.of());

    RankedList list = service(limits, heard::add).rank(candidates("u1", "a", "b"), soon());

    assertThat(heard).hasSize(1);
    assertThat(heard.getFirst().answer()).isSameAs(list);
    assertThat(heard.getFirst().candidates()).containsExactly("a", "b");
    assertThat(heard.getFirst().scores()).containsExactly(1f, 2f);
    assertThat(heard.getFirst().times().nanos(Stage.SCORE)).isPositive();
    assertThat(list.timing())
        .containsOnlyKeys(
            "state", "candidates", "encode", "score", "calibrate", "explain", "total");
  }

  @Test
  void rank_stateThatCannotBeRead_isRankedForEverybody_andSaysWhy() {
    SourcePartition partition = new SourcePartition("events", 0);
    models.replaceBaselines(List.of(scorer("popularity", Map.of("a", 1f, "b", 2f))));
    models.activate(scorer("model", Map.of("a", 2f, "b", 1f)));
    for (boolean damaged : new boolean[] {true, false}) {
      SequenceStore unreadable =
          (SequenceStore)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {SequenceStore.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("get")) {
                      throw new UnreadableStateException(
                          partition, damaged, new IllegalStateException("a block"));
                    }
                    return method.invoke(store, arguments);
                  });

      RankedList list =
          service(unreadable, new RankingLimits(100, 100, 20, 1_000, Set.of()))
              .rank(candidates("u1", "a", "b"), soon());

      assertThat(list.fallback()).isEqualTo(damaged ? "state-damaged" : "state-unreadable");
      assertThat(ids(list)).containsExactly("b", "a");
      assertThat(list.history().events()).isZero();
    }
  }
}
