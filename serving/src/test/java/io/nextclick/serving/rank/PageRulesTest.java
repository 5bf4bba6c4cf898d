// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.RankedList.AppliedRule;
import io.nextclick.serving.api.RankedList.DroppedLimit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules on pages, by a model that scores i0 to i29 downwards. */
class PageRulesTest extends RankingFixture {

  private static final int ITEMS = 30;

  @BeforeEach
  void fill() {
    Map<String, Float> scores = new HashMap<>();
    apply(Event.behaviour("e1", "click", "u1", "x", 1_000));
    for (int i = 0; i < ITEMS; i++) {
      apply(
          item(
              "i" + i,
              Map.of(
                  "kind",
                  List.of("k" + i % 3),
                  "brand",
                  List.of("b" + i / 10),
                  "price",
                  List.of(String.valueOf(i + 1)))));
      scores.put("i" + i, 3 - i / 10f);
    }
    models.activate(scorer("model", scores));
  }

  @Test
  void pin_standsAtItsPlace_alsoFromBehindTheShortlist() {
    RankedList page = page("'size':4,'shortlist':5", "{'name':'sale','pin':'i20','place':2}");

    assertThat(ids(page)).containsExactly("i0", "i20", "i1", "i2");
    assertThat(page.slate().applied()).containsExactly(new AppliedRule("sale", List.of(2)));
    assertThat(page.slate().dropped()).isNull();
  }

  @Test
  void pin_thatCannotStand_isNamed() {
    RankedList page =
        page(
            "'size':3",
            "{'pin':'gone','place':2},{'pin':'i5','place':4},{'pin':'i6','place':1},{'pin':'i7','place':1}");

    assertThat(ids(page)).containsExactly("i6", "i0", "i1");
    assertThat(page.slate().dropped())
        .containsExactlyInAnyOrder(
            new DroppedLimit("rules[0]", List.of(2)),
            new DroppedLimit("rules[1]", List.of(4)),
            new DroppedLimit("rules[3]", List.of(1)));
  }

  @Test
  void boost_bringsUpAndBuries() {
    assertThat(ids(page("'size':3", "{'boost':1.2,'where':{'kind':{'in':'k2'}}}")))
        .containsExactly("i2", "i0", "i5");
    assertThat(ids(page("'size':3", "{'boost':0,'where':{'brand':{'notIn':['b2']}}}")))
        .containsExactly("i20", "i21", "i22");
  }

  @Test
  void share_holds_fromBehindTheShortlist_andAroundPins() {
    RankedList page =
        page(
            "'size':4,'shortlist':6",
            "{'pin':'i3','place':4},{'atLeast':0.5,'where':{'brand':{'in':['b1']}}}");

    assertThat(ids(page)).containsExactly("i0", "i10", "i11", "i3");
    assertThat(page.slate().dropped()).isNull();
    assertThat(ids(page("'size':4", "{'atMost':0.25,'where':{'price':{'max':4}}}")))
        .containsExactly("i0", "i4", "i5", "i6");
  }

  @Test
  void rules_hold_whereLimitsDoNot() {
    RankedList page =
        page("'size':3,'maxPerValue':{'brand':1}", "{'atLeast':1,'where':{'brand':{'in':'b0'}}}");

    assertThat(ids(page)).containsExactly("i0", "i1", "i2");
    assertThat(page.slate().dropped())
        .containsExactly(new DroppedLimit("maxPerValue.brand", List.of(2, 3)));
  }

  @Test
  void valueBy_multipliesWhatIsLikely() {
    // Relevance is (29 - i) / 29, the price i + 1: most in the middle.
    assertThat(ids(page("'size':2,'valueBy':'price'", ""))).containsExactly("i14", "i13");
    assertThat(page("'size':2,'valueBy':'weight'", "").slate().withoutValues())
        .containsExactly("valueBy.weight");
  }

  @Test
  void where_leavesOutWhatDoesNotMeetIt() {
    RankRequest request =
        read(
            "{'user':'u1','candidates':%s,'limit':3,'where':{'price':{'min':11,'max':19.5},'kind':{'notIn':['k1']}}}"
                .formatted(candidates()));

    assertThat(ids(service().rank(request, soon()))).containsExactly("i11", "i12", "i14");
  }

  /** Whatever rules there are: every item once, and what is not named as dropped holds. */
  @Test
  void anyRules_loseNothing_andHoldOrAreNamed() {
    var random = new SplittableRandom(20261203);
    for (int i = 0; i < 60; i++) {
      int size = 1 + random.nextInt(10);
      int place = 1 + random.nextInt(12);
      String pinned = "i" + random.nextInt(ITEMS + 2);
      double part = random.nextInt(5) / 4.0;
      String kind = "k" + random.nextInt(3);
      RankedList page =
          page(
              "'size':%d,'maxPerValue':{'brand':%d}".formatted(size, 1 + random.nextInt(4)),
              "{'pin':'%s','place':%d},{'boost':%d,'where':{'kind':{'in':'k0'}}},{'name':'share','%s':%s,'where':{'kind':{'in':'%s'}}}"
                  .formatted(
                      pinned,
                      place,
                      random.nextInt(3),
                      random.nextBoolean() ? "atLeast" : "atMost",
                      part,
                      kind));
      assertThat(ids(page)).hasSize(size).doesNotHaveDuplicates();
      boolean named =
          page.slate().dropped() != null
              && page.slate().dropped().stream().anyMatch(one -> one.limit().equals("rules[0]"));
      boolean stands = place <= size && ids(page).get(place - 1).equals(pinned);
      assertThat(named).as("%s at %d of %s", pinned, place, page).isEqualTo(!stands);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'pin':'a'}|slate.rules[0]|has pin, which goes with place, and not with where",
        "{'pin':'a','boost':2}|slate.rules[0]|is not one of pin, boost, atLeast, atMost",
        "{'boost':-1,'where':{'a':{'in':'b'}}}|slate.rules[0].boost|is not between 0 and 1000",
        "{'boost':2}|slate.rules[0]|says what becomes of items, and goes with where, and not with"
            + " place",
        "{'atLeast':1.5,'where':{'a':{'in':'b'}}}|slate.rules[0].atLeast|is not between 0 and 1",
        "{'atMost':1,'where':{'a':{}}}|slate.rules[0].where.a|has none of in, notIn, min, max",
        "{'atMost':1,'where':{'a':{'min':2,'max':1}}}|slate.rules[0].where.a|has a min above its"
            + " max: nothing meets it",
        "null|slate.rules[0]|is missing"
      })
  void rule_thatSaysNothingSound_isRefused(String rule, String field, String message) {
    assertThatThrownBy(() -> page("'size':3", rule))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(field)
        .hasMessageContaining(message);
  }

  private RankedList page(String slate, String rules) {
    String request =
        "{'user':'u1','candidates':%s,'slate':{'method':'top',%s,'rules':[%s]}}"
            .formatted(candidates(), slate, rules);
    return service().rank(read(request), soon());
  }

  private static String candidates() {
    StringBuilder candidates = new StringBuilder("[");
    for (int i = 0; i < ITEMS; i++) {
      candidates.append(i == 0 ? "" : ",").append("'i").append(i).append('\'');
    }
    return candidates + "]";
  }
}
