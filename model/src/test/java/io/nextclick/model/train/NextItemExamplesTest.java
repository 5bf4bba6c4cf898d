// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.baseline.ItemSequences;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
