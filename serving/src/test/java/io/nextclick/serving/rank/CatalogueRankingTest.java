// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.Attributes;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.Interest;
import io.nextclick.model.part.Repeats;
import io.nextclick.model.part.RequestBlock;
import io.nextclick.model.part.TokenShift;
import io.nextclick.model.part.Transitions;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.models.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests without candidates over a catalogue that is too large to be scored whole. */
class CatalogueRankingTest extends RankingFixture {

  private static final int ITEMS = 700;
  private static final RankingLimits LIMITS =
      new RankingLimits(100, 100, 20, 1_000, Set.of(FOLD.actionCode("click")));

  private final List<String> catalogue = new ArrayList<>();

  @BeforeEach
  void fill() {
    for (int i = 1; i <= ITEMS; i++) {
      apply(item(id(i), Map.of("colour", List.of(i % 3 == 0 ? "red" : "blue")), i % 10 != 0));
      catalogue.add(id(i));
    }
    apply(Event.behaviour("e1", "click", "u1", id(7), 1_000));
  }

  @Test
  void dot_anyFilter_isTheExactTopOfTheCatalogue() {
    models.activate(encoder(Scoring.DOT, 0));
    RankingService service = service(LIMITS);

    for (String filter :
        List.of(
            "",
            ",'limit':1",
            ",'limit':100",
            ",'filter':{'colour':['red']}",
            ",'excludeActions':[],'exclude':['i3','i9']",
            ",'slate':{'method':'mmr','size':5,'maxPerValue':{'colour':2}}")) {
      RankedList searched = service.rank(read("{'user':'u1'" + filter + "}"), soon());

      RankedList scored = service.rank(given("u1", catalogue, filter), soon());
      assertThat(searched.items()).as(filter).isNotEmpty().isEqualTo(scored.items());
      assertThat(searched.fallback()).isNull();
    }
  }

  @Test
  void dot_itemThatTheModelDoesNotKnow_isRankedByItsAttributesAtOnce() {
    models.activate(encoder(Scoring.DOT, 64));
    RankingService service = service(LIMITS);
    RankRequest onlyNew = read("{'user':'u1','filter':{'colour':['green']}}");
    assertThat(service.rank(onlyNew, soon()).items()).isEmpty();

    apply(item("new", Map.of("colour", List.of("green"))));

    assertThat(ids(service.rank(onlyNew, soon()))).containsExactly("new");
    catalogue.add("new");
    assertThat(service.rank(read("{'user':'u1'}"), soon()).items())
        .isEqualTo(service.rank(given("u1", catalogue, ""), soon()).items());
  }

  @Test
  void dot_itemThatBecomesUnavailable_isGoneAtOnce() {
    models.activate(encoder(Scoring.DOT, 0));
    RankingService service = service(LIMITS);
    String best = ids(service.rank(read("{'user':'u1'}"), soon())).getFirst();

    apply(item(best, false));

    assertThat(ids(service.rank(read("{'user':'u1'}"), soon()))).hasSize(20).doesNotContain(best);
  }

  @Test
  void attend_ordersWhatTheNextModelFinds() {
    models.activate(encoder(Scoring.ATTEND, 0));
    LoadedModel markov = markov();
    models.replaceBaselines(List.of(markov));
    RankingService service = service(LIMITS);

    RankedList list = service.rank(read("{'user':'u1'}"), soon());

    List<String> found =
        ids(service.rank(read("{'user':'u1','model':'markov','limit':500}"), soon()));
    assertThat(found).hasSize(500).startsWith(id(8));
    assertThat(list.model().name()).isEqualTo("encoder");
    assertThat(list.items()).isEqualTo(service.rank(given("u1", found, ""), soon()).items());
    assertThat(service.rank(read("{'user':'u1','model':'encoder'}"), soon()).items())
        .isEqualTo(list.items());
  }

  @Test
  void attend_nobodyFinds_ordersTheNewestItems() {
    models.activate(encoder(Scoring.ATTEND, 0));
    RankingService service = service(LIMITS);

    RankedList list = service.rank(read("{'user':'u1'}"), soon());

    assertThat(list.model().name()).isEqualTo("encoder");
    assertThat(list.items()).isEqualTo(service.rank(given("u1", catalogue, ""), soon()).items());
  }

  @Test
  void search_tooSlowForTheDeadline_isLeftToTheNextModel() {
    LoadedModel slow = encoder(Scoring.DOT, 0);
    slow.searchPace().took(1_000_000_000_000L, 1);
    models.activate(slow);
    models.replaceBaselines(List.of(markov()));

    RankedList list = service(LIMITS).rank(read("{'user':'u1'}"), soon());

    assertThat(list.model().name()).isEqualTo("markov");
    assertThat(list.fallback()).isEqualTo("deadline");
    assertThat(list.items()).hasSize(20);
  }

  @Test
  void noModel_listsTheFirstItemsThatMayAppear() {
    RankedList list = service(LIMITS).rank(read("{'user':'u1','limit':100}"), soon());

    assertThat(list.fallback()).isEqualTo("no-model");
    assertThat(ids(list)).startsWith("i1", "i101", "i102");
  }

  private static String id(int i) {
    return "i" + i;
  }

  private static RankRequest given(String user, List<String> items, String more) {
    String list = String.join("','", items);
    return read("{'user':'" + user + "','candidates':['" + list + "']" + more + "}");
  }

  /** A random model of the first {@value #ITEMS} items. */
  private static LoadedModel encoder(Scoring scoring, int attributeBuckets) {
    EncoderConfig config = shape(scoring, attributeBuckets);
    EncoderWeights weights = EncoderWeights.random(config, 5);
    return new LoadedModel(
        new EncoderScorer("encoder", vocabulary(), weights, Kernels.best(), null), "1");
  }

  private static EncoderConfig shape(Scoring scoring, int attributeBuckets) {
    return EncoderConfig.builder(ITEMS, scoring)
        .width(16, 8)
        .layers(1, 2)
        .history(12)
        .parts(
            attributeBuckets == 0 ? null : new Attributes(attributeBuckets),
            new Repeats(2),
            new TokenShift(1),
            scoring == Scoring.DOT ? new RequestBlock(16) : null,
            new Interest(),
            new Transitions(8, 0))
        .build();
  }

  /** In every sequence, the next item follows. */
  private static LoadedModel markov() {
    SplittableRandom random = new SplittableRandom(1);
    List<int[]> sequences = new ArrayList<>();
    for (int row = 1; row + 3 < ITEMS; row++) {
      sequences.add(new int[] {row, row + 1});
      sequences.add(new int[] {1 + random.nextInt(ITEMS)});
    }
    PositiveActions positive = PositiveActions.of(FOLD);
    return new LoadedModel(
        MarkovScorer.fit(
            ItemSequences.of(vocabulary(), sequences), positive, MarkovScorer.SERVING_SUCCESSORS),
        "1");
  }

  private static Vocabulary vocabulary() {
    return new Vocabulary(
        IntStream.rangeClosed(1, ITEMS).mapToObj(CatalogueRankingTest::id).toList());
  }
}
