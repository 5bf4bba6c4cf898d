// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.item.Item;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.part.Attributes;
import io.nextclick.model.part.ItemTable;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every item of a user is asked for once, from what came before it in its window. */
class NextItemExamplesTest {

  private static final int ITEMS = 500;

  @Test
  void of_severalWindows_askForEveryItemOnce_newestFirst() {
    List<Example> examples = examples(20, 451);
    assertThat(examples).extracting(Example::length).containsExactly(200, 200, 50);
    assertThat(targets(examples)).containsExactlyElementsOf(rows(2, 451));
    for (Example example : examples) {
      for (int t = 0; t < example.length(); t++) {
        assertThat(example.targets()[t]).isEqualTo(example.items()[t] + 1);
      }
    }
  }

  @Test
  void of_oneWindow_isTheNewest() {
    List<Example> examples = examples(1, 451);
    assertThat(examples).hasSize(1);
    assertThat(targets(examples)).containsExactlyElementsOf(rows(252, 451));
  }

  @Test
  void of_shortUsers_areOneWindow_orNone() {
    assertThat(targets(examples(20, 2))).containsExactly(2);
    assertThat(examples(20, 1)).isEmpty();
  }

  @Test
  void of_windowsOfOneUser_excludeAllItemsOfTheUser() {
    for (Example example : examples(20, 451)) {
      assertThat(example.own()).containsExactly(IntStream.rangeClosed(1, 451).toArray());
    }
  }

  @Test
  void of_aLogThatTells_hasTimesActionsAndWhatItemsAre() {
    Vocabulary vocabulary = new Vocabulary(List.of("a", "b", "c"));
    Map<String, List<String>> blue = Map.of("colour", List.of("blue"));
    ItemSequences told =
        new ItemSequences() {
          @Override
          public Vocabulary vocabulary() {
            return vocabulary;
          }

          @Override
          public void forEach(Consumer<int[]> visitor) {
            visitor.accept(new int[] {1, 2, 3});
          }

          @Override
          public void forEachTimed(Timed visitor) {
            visitor.accept(new int[] {1, 2, 3}, new long[] {10, 20, 30}, new byte[] {2, 3, 4});
          }

          @Override
          public @Nullable Item item(int row) {
            return row == 2 ? new Item("b", blue, true, 5) : null;
          }
        };
    Recipe recipe = Recipe.preset("next-item").with(Map.of("attributes", "16"));
    TrainingData data = NextItemExamples.of(told, recipe);
    assertThat(data.examples().getFirst().times()).containsExactly(10, 20);
    assertThat(data.examples().getFirst().actions()).containsExactly(2, 3);
    var facts = (Attributes.Facts) data.items().facts().get(Attributes.class);
    assertThat(facts.rows())
        .isDeepEqualTo(new int[][] {{}, {}, Buckets.ofAttributes(blue, 16), {}});
    assertThat(NextItemExamples.of(told, Recipe.preset("ml-1m")).items()).isEqualTo(ItemTable.NONE);
  }

  @Test
  void of_attributesOfALogThatHasNone_isRefused() {
    Recipe recipe = Recipe.preset("next-item").with(Map.of("attributes", "on"));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            NextItemExamples.of(
                ItemSequences.of(new Vocabulary(List.of("a", "b")), List.of(new int[] {1, 2})),
                recipe))
        .withMessageStartingWith("attributes=on: no item that is learnt from has an attribute");
  }

  @Test
  void with_smoothingThatNoLossReads_isRefused() {
    Recipe preset = Recipe.preset("next-item");
    assertThat(preset.with(Map.of("smoothing", "0.1")).objective().smoothing()).isEqualTo(0.1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> preset.with(Map.of("smoothing", "0.1", "nextItem", "sampled")))
        .withMessageContaining("smoothing=0.1 goes with nextItem=full alone, and not with sampled");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> preset.with(Map.of("smoothing", "0.1", "nextItem", "logq")))
        .withMessageContaining("not with logq: set nextItem=full");
  }

  @Test
  void negatives_none_areRefusedWhereTheyAreDrawn() {
    Recipe preset = Recipe.preset("next-item");
    assertThat(preset.with(Map.of("negatives", "0")).objective().negatives()).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> preset.with(Map.of("negatives", "0", "nextItem", "logq")))
        .withMessageContaining("negatives=0: nextItem=logq draws at least 1");
  }

  /** Examples of one user with the items 1 to {@code length}, in this order. */
  private static List<Example> examples(int windows, int length) {
    Recipe recipe =
        Recipe.preset("ml-1m")
            .with(Map.of("windows", Integer.toString(windows), "maxHistory", "200"));
    Vocabulary vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "i" + i).toList());
    int[] rows = IntStream.rangeClosed(1, length).toArray();
    return NextItemExamples.of(ItemSequences.of(vocabulary, List.of(rows)), recipe).examples();
  }

  /** Oldest first. */
  private static List<Integer> targets(List<Example> examples) {
    return examples.reversed().stream()
        .flatMap(example -> IntStream.of(example.targets()).boxed())
        .toList();
  }

  private static List<Integer> rows(int first, int last) {
    return IntStream.rangeClosed(first, last).boxed().toList();
  }
}
