// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.model.Scorer;
import io.nextclick.serving.answer.LoggedAnswer.Shown;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.rank.PlacingScorer;
import io.nextclick.serving.rank.Ranking;
import io.nextclick.serving.rank.RankingFixture;
import io.nextclick.serving.rank.RankingLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages that were logged, forged by one who can make the hashes of the log anew. */
class PageProofTest extends RankingFixture {

  private static final int ITEMS = 30;
  private static final double TOLERANCE = 1e-5;
  private static final RankingLimits LIMITS = new RankingLimits(100, 100, 20, 1_000, Set.of());

  private final Map<String, Float> scores = new TreeMap<>();
  private final List<Ranking> answered = new ArrayList<>();

  @BeforeEach
  void fill() {
    apply(Event.behaviour("e1", "click", "u1", "i3", 1_000));
    for (int i = 0; i < ITEMS; i++) {
      List<String> brands = i % 7 == 0 ? List.of("b0", "b1") : List.of("b" + i % 3);
      apply(item("i" + i, Map.of("category", List.of("c" + i / 10), "brand", brands)));
      scores.put("i" + i, (float) Math.sqrt(ITEMS - i));
    }
    activate(new LoadedModel(new PlacingScorer(scorer("model", scores).scorer(), false), "v1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'method':'top'}",
        "{'method':'top','maxPerValue':{'category':3},'minDistance':{'brand':2}}",
        "{'method':'top','shortlist':10,'maxPerValue':{'category':3}}",
        "{'method':'mmr','similarBy':['category','brand']}",
        "{'method':'mmr','similarBy':['brand'],'lambda':0.2,'maxPerValue':{'category':4}}",
        "{'method':'decoder'}",
        "{'method':'decoder','beam':3,'maxPerValue':{'category':4}}",
        "{'method':'decoder','beam':3,'rules':[{'pin':'i25','place':3},{'boost':3,'where':{'category':{'in':'c2'}}}]}",
        "{'method':'top','shortlist':10,'maxPerValue':{'category':4},'rules':[{'pin':'i25','place':3},"
            + "{'boost':1.5,'where':{'brand':{'notIn':['b0']}}},{'atLeast':0.3,'where':{'category':{'in':['c1']}}}]}",
        "{'method':'mmr'}" // falls back to top
      })
  void page_asItWasMade_isEqual_andForgedIsNot(String slate) throws IOException {
    LoggedAnswer answer = answer(slate);
    Scorer scorer = answered.getFirst().model().scorer();
    Rescorer again =
        Rescorer.of(answer, answered.getFirst().history().sequence(), store.items(), scorer);

    assertThat(again.distance(answer.items())).isZero();

    List<Shown> exchanged = new ArrayList<>(answer.items());
    Collections.swap(exchanged, 1, 4);
    assertThat(again.distance(exchanged)).isGreaterThan(TOLERANCE);
    List<Shown> replaced = new ArrayList<>(answer.items());
    replaced.set(9, new Shown("i29", scores.get("i29"), null, null));
    assertThat(again.distance(replaced)).isGreaterThan(TOLERANCE);
    List<Shown> twice = new ArrayList<>(answer.items());
    twice.set(3, twice.get(2));
    assertThat(again.distance(twice)).isInfinite();
    assertThat(again.distance(answer.items().subList(0, 9))).isInfinite();
    List<Shown> rescored = new ArrayList<>(answer.items());
    rescored.set(0, new Shown(rescored.get(0).item(), 7f, null, null));
    assertThat(again.distance(rescored)).isGreaterThan(TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{'method':'decoder'}", "{'method':'decoder','beam':3}"})
  void placeProbability_asItWasSaid_isEqual_andForgedIsNot(String slate) throws IOException {
    activate(new LoadedModel(new PlacingScorer(scorer("model", scores).scorer(), true), "v1"));
    LoggedAnswer answer = answer(slate);
    Rescorer again = again(answer);
    List<Shown> items = answer.items();
    double there = items.get(9).pp();

    assertThat(again.distance(items)).isZero();
    assertThat(again.distance(with(items, there + 1e-6))).isBetween(1e-7, TOLERANCE);
    assertThat(again.distance(with(items, there + 1e-3))).isGreaterThan(TOLERANCE);
    assertThat(again.distance(with(items, null))).isInfinite();
    LoggedAnswer top = answer("{'method':'top'}");
    assertThat(again(top).distance(top.items())).isZero();
    assertThat(again(top).distance(with(top.items(), 0.01))).as("nobody said it").isInfinite();
  }

  /** The items, the last with another probability at its place. */
  private static List<Shown> with(List<Shown> items, Double placeProbability) {
    List<Shown> forged = new ArrayList<>(items);
    Shown last = forged.removeLast();
    forged.add(new Shown(last.item(), last.s(), last.p(), placeProbability));
    return forged;
  }

  private Rescorer again(LoggedAnswer answer) {
    Ranking made = answered.getFirst();
    return Rescorer.of(answer, made.history().sequence(), store.items(), made.model().scorer());
  }

  @Test
  void page_ofAnotherCatalogue_isNotEqual() throws IOException {
    LoggedAnswer answer = answer("{'method':'top','maxPerValue':{'category':3}}");
    apply(item("i0", Map.of("category", List.of("c9"))));

    Rescorer again =
        Rescorer.of(
            answer,
            answered.getFirst().history().sequence(),
            store.items(),
            answered.getFirst().model().scorer());

    assertThat(again.distance(answer.items())).isGreaterThan(TOLERANCE);
  }

  /** Another backend's scores differ in the last bits: two of them change places. */
  @Test
  void page_scoresWithinTheTolerance_isEqualWithinIt() throws IOException {
    scores.replaceAll((item, score) -> score + 1e-6f * (item.hashCode() % 3));
    scores.put("i4", scores.get("i3"));
    activate(scorer("model", scores));
    LoggedAnswer answer =
        answer("{'method':'mmr','similarBy':['category'],'shortlist':10,'lambda':0.9}");
    scores.put("i4", scores.get("i3") + 1e-6f);
    Scorer other = scorer("model", scores).scorer();

    Rescorer again =
        Rescorer.of(answer, answered.getFirst().history().sequence(), store.items(), other);

    assertThat(again.distance(answer.items())).isBetween(1e-9, TOLERANCE);
  }

  @Test
  void log_keepsWhatWasAsked_withWhatTheServiceFilled_andNothingOfAList() throws IOException {
    String page = line("{'method':'mmr','minDistance':{'brand':2},'maxPerValue':{'z':1,'a':2}}");
    String list = line(null);

    assertThat(page)
        .contains(
            "\"slate\":{\"asked\":{\"size\":10,\"method\":\"mmr\",\"shortlist\":100,\"lambda\":0.7,"
                + "\"maxPerValue\":{\"z\":1,\"a\":2},\"minDistance\":{\"brand\":2}},"
                + "\"method\":\"top\",\"fallback\":\"no-embeddings\"}");
    assertThat(list).doesNotContain("slate");
    LoggedAnswer read = AnswerFormat.answer(page);
    assertThat(read.slate().asked().maxPerValue())
        .containsExactly(Map.entry("z", 1), Map.entry("a", 2));
    assertThat(AnswerFormat.line(read)).asString(StandardCharsets.UTF_8).isEqualTo(page + "\n");
  }

  private LoggedAnswer answer(String slate) throws IOException {
    return AnswerFormat.answer(line(slate));
  }

  /** The log's line of an answer. */
  private String line(String slate) {
    StringBuilder candidates = new StringBuilder("'i0'");
    for (int i = 1; i < ITEMS; i++) {
      candidates.append(",'i").append(i).append('\'');
    }
    String body =
        "{'user':'u1','candidates':[%s]%s}"
            .formatted(candidates, slate == null ? "" : ",'slate':" + slate);
    RankRequest request =
        RankRequest.read(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), 100, 100);
    answered.clear();
    service(LIMITS, answered::add).rank(request, soon());
    byte[] line = AnswerFormat.line(LoggedAnswer.of(answered.getFirst(), "name", null));
    return new String(line, StandardCharsets.UTF_8).strip();
  }
}
