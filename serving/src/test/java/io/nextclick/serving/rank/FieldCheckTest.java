// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.model.Scorer;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.models.LoadedModel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A model that reads {@code price} and {@code retrieval}, and names that callers write. */
class FieldCheckTest extends RankingFixture {

  @BeforeEach
  void fill() {
    apply(Event.behaviour("e1", "click", "u1", "a", 1_000));
    apply(item("gone", false));
    models.activate(new LoadedModel(new Numbers("model"), "v1"));
  }

  @Test
  void rank_theNamesOfTheModel_saysNothing() {
    RankedList list =
        rank("['a',{'item':'b','fields':{'price':1}},{'item':'c','fields':{'retrieval':0}}]");
    assertThat(list.unreadFields()).isNull();
    assertThat(list.missingFields()).isNull();
  }

  @Test
  void rank_misspeltName_isUnreadAndTheRightOneMissing() {
    RankedList list = rank("['a',{'item':'b','fields':{'price':1,'retreival':0.5,'margin':null}}]");
    assertThat(list.unreadFields()).containsExactly("margin", "retreival");
    assertThat(list.missingFields()).containsExactly("retrieval");
  }

  @Test
  void rank_noNumbersAtAll_allAreMissing() {
    assertThat(rank("['a','b']").missingFields()).containsExactly("price", "retrieval");
    assertThat(rank("['a',{'item':'b','fields':{'price':null,'retrieval':null}}]").missingFields())
        .containsExactly("price", "retrieval");
  }

  /** What a filter dropped was not scored. */
  @Test
  void rank_numberOfAnUnavailableItem_isMissing() {
    RankedList list =
        rank("['a',{'item':'b','fields':{'price':1}},{'item':'gone','fields':{'retrieval':1}}]");
    assertThat(list.missingFields()).containsExactly("retrieval");
  }

  /** No list of candidates can have numbers, or none was scored. */
  @Test
  void rank_wholeCatalogueOrNothingLeft_saysNothing() {
    RankedList whole = service().rank(catalogue("u1"), soon());
    assertThat(whole.missingFields()).isNull();
    assertThat(rank("['gone']").missingFields()).isNull();
  }

  /**
   * The fallback reads no numbers; the names are right, and will be read when the model answers.
   */
  @Test
  void rank_fallbackAnswers_namesOfTheModelAreRead() {
    models.replaceBaselines(List.of(scorer("last", Map.of("a", 1f, "b", 2f))));
    RankedList list = rank("stranger", "['a',{'item':'b','fields':{'price':1,'retreival':1}}]");
    assertThat(list.fallback()).isEqualTo("no-history");
    assertThat(list.unreadFields()).containsExactly("retreival");
    assertThat(list.missingFields()).isNull();
  }

  private RankedList rank(String candidates) {
    return rank("u1", candidates);
  }

  private RankedList rank(String user, String candidates) {
    return service()
        .rank(read("{'user':'%s','candidates':%s}".formatted(user, candidates)), soon());
  }

  /** Reads two numbers, and gives all the same score. */
  private record Numbers(String name) implements Scorer {

    @Override
    public List<String> fields() {
      return List.of("price", "retrieval");
    }

    @Override
    public Vocabulary vocabulary() {
      return new Vocabulary(List.of("a", "b", "c"));
    }

    @Override
    public int maxHistory() {
      return 10;
    }

    @Override
    public float[] score(EncodedRequest request) {
      return new float[request.candidates().length];
    }
  }
}
