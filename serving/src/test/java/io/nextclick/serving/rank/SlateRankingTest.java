// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.json.Json;
import io.nextclick.model.Scorer;
import io.nextclick.model.slate.ItemEmbeddings;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.RankedList.DroppedLimit;
import io.nextclick.serving.api.RankedList.RankedItem;
import io.nextclick.serving.api.RankedList.Slate;
import io.nextclick.serving.models.LoadedModel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pages, by a model that scores a to f downwards; a, b and c are red, d and e are blue. */
class SlateRankingTest extends RankingFixture {

  private static final Map<String, Float> SCORES =
      Map.of("a", 6f, "b", 5f, "c", 4f, "d", 3f, "e", 2f, "f", 1f);

  @BeforeEach
  void fill() {
    apply(Event.behaviour("e1", "click", "u1", "x", 1_000));
    for (String id : List.of("a", "b", "c")) {
      apply(item(id, Map.of("colour", List.of("red"))));
    }
    for (String id : List.of("d", "e")) {
      apply(item(id, Map.of("colour", List.of("blue"))));
    }
    models.activate(scorer("model", SCORES));
  }

  @Test
  void rank_withoutSlate_saysNothingOfOne() {
    JsonNode list = json(service().rank(candidates("u1", "a", "b"), soon()));

    assertThat(list.has("slate")).isFalse();
    assertThat(list.get("timing").has("place")).isFalse();
  }

  @Test
  void top_isTheListThatItsSizeCutsOff() {
    RankedList page = page("{'method':'top','size':4}");

    assertThat(page.items())
        .isEqualTo(
            service()
                .rank(candidates("u1", "f", "e", "d", "c", "b", "a"), soon())
                .items()
                .subList(0, 4));
    assertThat(page.slate()).isEqualTo(new Slate("top", null, 6, null, null, null));
    assertThat(json(page).get("slate").toString())
        .isEqualTo("{\"method\":\"top\",\"fallback\":null,\"shortlist\":6}");
    assertThat(page.timing()).containsKey("place");
  }

  @Test
  void top_limits_passOverWhatWouldRepeat() {
    RankedList page = page("{'method':'top','size':4,'maxPerValue':{'colour':1}}");

    assertThat(ids(page)).containsExactly("a", "d", "f", "b");
    assertThat(page.items()).extracting(RankedItem::rank).containsExactly(1, 2, 3, 4);
    assertThat(page.items()).extracting(RankedItem::score).containsExactly(6f, 3f, 1f, 5f);
    assertThat(page.slate().dropped())
        .containsExactly(new DroppedLimit("maxPerValue.colour", List.of(4)));
  }

  @Test
  void top_minDistance_setsEqualValuesApart() {
    assertThat(ids(page("{'method':'top','size':6,'minDistance':{'colour':2}}")))
        .containsExactly("a", "d", "b", "e", "c", "f");
  }

  @Test
  void mmr_byAttributes_mixesThem() {
    RankedList page = page("{'method':'mmr','size':3,'lambda':0.5,'similarBy':['colour']}");

    assertThat(ids(page)).containsExactly("a", "d", "f");
    assertThat(page.slate().fallback()).isNull();
    assertThat(ids(page("{'method':'mmr','size':3,'lambda':1,'similarBy':['colour']}")))
        .containsExactly("a", "b", "c");
  }

  @Test
  void mmr_byEmbeddings_mixesThem() {
    float[] table = {9, 9, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, -1, 0};
    models.activate(new LoadedModel(new Embedded(new ItemEmbeddings(table, 2)), "v1"));

    RankedList page = page("{'method':'mmr','size':3,'lambda':0.5}");

    assertThat(ids(page)).containsExactly("a", "d", "f");
    assertThat(page.slate()).isEqualTo(new Slate("mmr", null, 6, null, null, null));
  }

  @Test
  void mmr_modelWithoutEmbeddings_isTopAndSaysWhy() {
    RankedList page = page("{'method':'mmr','size':3,'maxPerValue':{'colour':2}}");

    assertThat(ids(page)).containsExactly("a", "b", "d");
    assertThat(page.slate()).isEqualTo(new Slate("top", "no-embeddings", 6, null, null, null));
  }

  @Test
  void mmr_failure_isTopAndSaysWhy() {
    models.activate(new LoadedModel(new Embedded(new ItemEmbeddings(new float[2], 2)), "v1"));

    assertThat(page("{'method':'mmr','size':3}").slate().fallback()).isEqualTo("failed");
  }

  @Test
  void mmr_deadlinePassed_isTopAndSaysWhy() {
    String slate = "{'method':'mmr','size':3,'similarBy':['colour']}";

    RankedList page = service().rank(request(slate), Deadline.after(System.nanoTime(), -1_000));

    assertThat(page.fallback()).isEqualTo("deadline");
    assertThat(ids(page)).as("the caller's order").containsExactly("f", "e", "d");
    assertThat(page.slate()).isEqualTo(new Slate("top", "deadline", 6, null, null, null));
  }

  @Test
  void limit_attributeThatNobodyHas_isNamed() {
    RankedList page =
        page("{'method':'mmr','size':2,'similarBy':['shape'],'minDistance':{'color':2}}");

    assertThat(page.slate().withoutValues())
        .containsExactly("minDistance.color", "similarBy.shape");
    assertThat(page.slate().dropped()).isNull();
  }

  @Test
  void shortlist_isTheBestPointwise() {
    RankedList page = page("{'method':'top','size':3,'shortlist':4,'maxPerValue':{'colour':1}}");

    assertThat(ids(page)).containsExactly("a", "d", "b");
    assertThat(page.slate().shortlist()).isEqualTo(4);
  }

  @Test
  void decoder_modelWithoutOne_isTopAndSaysWhy() {
    assertThat(page("{'method':'decoder','size':2,'beam':4}").slate())
        .isEqualTo(new Slate("top", "no-decoder", 6, null, null, null));
  }

  @Test
  void decoder_takesTheLikeliestAtEachPlace_andSaysHowLikely() {
    models.activate(
        new LoadedModel(new PlacingScorer(scorer("placing", SCORES).scorer(), true), "v1"));

    for (String beam : List.of("", ",'beam':4")) {
      RankedList page = page("{'method':'decoder','size':3" + beam + "}");
      assertThat(ids(page)).containsExactly("a", "c", "e");
      assertThat(page.items())
          .extracting(RankedItem::placeProbability)
          .containsExactly((double) (6f / 100), (double) (4f / 100), (double) (2f / 100));
      assertThat(page.slate()).isEqualTo(new Slate("decoder", null, 6, null, null, null));
    }
    assertThat(ids(page("{'method':'decoder','size':3,'maxPerValue':{'colour':1}}")))
        .containsExactly("a", "d", "f");
  }

  @Test
  void slate_noCandidateLeft_isEmpty() {
    RankedList page =
        service()
            .rank(
                read("{'user':'u1','candidates':['a'],'exclude':['a'],'slate':{'method':'top'}}"),
                soon());

    assertThat(page.items()).isEmpty();
    assertThat(page.slate()).isEqualTo(new Slate("top", null, 0, null, null, null));
  }

  private RankedList page(String slate) {
    return service().rank(request(slate), soon());
  }

  private static RankRequest request(String slate) {
    return read("{'user':'u1','candidates':['f','e','d','c','b','a'],'slate':" + slate + "}");
  }

  private static JsonNode json(RankedList list) {
    return Json.mapper().build().valueToTree(list);
  }

  /** Scores as the other model does, and has vectors. */
  private record Embedded(ItemEmbeddings itemEmbeddings) implements Scorer {

    private static final FixedScorer SCORER = new FixedScorer("embedded", SCORES);

    @Override
    public String name() {
      return SCORER.name();
    }

    @Override
    public Vocabulary vocabulary() {
      return SCORER.vocabulary();
    }

    @Override
    public int maxHistory() {
      return SCORER.maxHistory();
    }

    @Override
    public float[] score(EncodedRequest request) {
      return SCORER.score(request);
    }
  }
}
