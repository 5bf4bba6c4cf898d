// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.item.Item;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TransitionGraphTest {

  private static final Vocabulary ABCD = new Vocabulary(List.of("a", "b", "c", "d"));
  private static final ItemSequences SMALL =
      ItemSequences.of(ABCD, List.of(new int[] {1, 2, 3}, new int[] {1, 3}, new int[] {4}));

  @Test
  void next_threeSequences_areTheCountsOfTheMarkovChain() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 2, false);
    // After a (twice): c one step, and two steps once; b one step. After b: c.
    assertThat(row(graph.next().items(), 1, 2)).containsExactly(3, 2);
    assertThat(graph.next().values()[2]).isEqualTo(0.75f, within(1e-6f));
    assertThat(graph.next().values()[3]).isEqualTo(0.5f, within(1e-6f));
    assertThat(row(graph.next().items(), 2, 2)).containsExactly(3, 0);
    assertThat(row(graph.next().items(), 4, 2)).containsExactly(0, 0);
    assertThat(graph.counts()).containsExactly(0, 2, 1, 2, 1);
  }

  @Test
  void next_moreSuccessorsThanAreKept_keepsTheHeaviest() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 1, false);
    assertThat(row(graph.next().items(), 1, 1)).containsExactly(3);
  }

  @Test
  void pairs_threeSequences_areTheCosineOfEitherDirection() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 4, false);
    // c behind a at 1.5, both occur twice; c behind b once.
    assertThat(row(graph.pairs().items(), 3, 4)).containsExactly(1, 2, 0, 0);
    assertThat(graph.pairs().values()[12]).isEqualTo(0.75f, within(1e-6f));
    assertThat(graph.pairs().values()[13]).isEqualTo((float) Math.sqrt(0.5), within(1e-6f));
    assertThat(row(graph.pairs().items(), 1, 4)).containsExactly(3, 2, 0, 0);
  }

  @Test
  void far_threeSequences_goesTwoHops() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 4, false);
    // From a by way of b: 0.5 * 1 to c; from b by way of c: nowhere.
    assertThat(row(graph.far().items(), 1, 4)).containsExactly(3, 0, 0, 0);
    assertThat(graph.far().values()[4]).isEqualTo(0.5f, within(1e-6f));
    assertThat(row(graph.far().items(), 2, 4)).containsExactly(0, 0, 0, 0);
  }

  @Test
  void recent_timesKnown_countsHalfAfterAQuarterOfTheMeanAge() {
    long[] times = {0, 600, 1_000};
    ItemSequences timed =
        new ItemSequences() {
          @Override
          public Vocabulary vocabulary() {
            return ABCD;
          }

          @Override
          public void forEach(Consumer<int[]> visitor) {
            visitor.accept(new int[] {1, 2, 3});
          }

          @Override
          public void forEachTimed(Timed visitor) {
            visitor.accept(new int[] {1, 2, 3}, times, NO_ACTIONS);
          }
        };
    TransitionGraph graph = TransitionGraph.of(timed, 1, false);
    assertThat(graph.halfLifeMillis()).isEqualTo(116);
    assertThat(graph.recent()[3]).isEqualTo(1);
    assertThat(graph.recent()[2]).isEqualTo((float) Math.pow(0.5, 400 / 116.0), within(1e-6f));
    assertThat(TransitionGraph.of(SMALL, 1, false).recent()).containsExactly(0, 2, 1, 2, 1);
  }

  /** Of what users wanted of a value, each unseen item as if once. */
  @Test
  void of_itemsThatShareValues_haveTheirSharesOfEach() {
    List<Map<String, List<String>>> attributes =
        List.of(
            Map.of(),
            Map.of("kind", List.of("k"), "title", List.of("one")),
            Map.of("kind", List.of("k"), "tag", List.of("t", "t")),
            Map.of("kind", List.of("k"), "tag", List.of("t", "u")),
            Map.of());
    ItemSequences told =
        new ItemSequences() {
          @Override
          public Vocabulary vocabulary() {
            return ABCD;
          }

          @Override
          public void forEach(Consumer<int[]> visitor) {
            SMALL.forEach(visitor);
          }

          @Override
          public Item item(int row) {
            return new Item(ABCD.id(row), attributes.get(row), true, 0);
          }
        };
    // Counts: a 2, b 1, c 2, d 1, and one more each: k has 3 + 2 + 3, t has 2 + 3.
    TransitionGraph.Table alike = TransitionGraph.of(told, 2, true).tables().get(3);
    assertThat(alike.items()).containsExactly(0, 0, 3, 2, 3, 1, 2, 1, 0, 0);
    assertThat(alike.values())
        .containsExactly(
            new float[] {
              0, 0, 3 / 8f, 2 / 8f, 3 / 8f + 3 / 5f, 3 / 8f, 2 / 8f + 2 / 5f, 3 / 8f, 0, 0
            },
            within(1e-6f));
    assertThat(TransitionGraph.of(told, 2, false).tables()).hasSize(3);
  }

  @Test
  void successors_twoItems_areSummedUpWithDecay() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 4, false);
    var sums = Successors.of(new int[] {2, 1}, graph.tables());
    assertThat(sums.rows()).containsExactly(1, 2, 3);
    assertThat(sums.of(0, 3)).isCloseTo(1 + 0.8 * 0.75, within(1e-6));
    assertThat(sums.of(0, 2)).isCloseTo(0.8 * 0.5, within(1e-6));
    assertThat(sums.of(1, 1)).isCloseTo(Math.sqrt(0.5), within(1e-6)); // beside b
    assertThat(sums.of(2, 3)).isCloseTo(0.8 * 0.5, within(1e-6));
    assertThat(sums.of(0, 4)).isZero();
    assertThat(sums.has(4)).isFalse();
  }

  private static int[] row(int[] items, int row, int width) {
    return IntStream.range(row * width, (row + 1) * width).map(i -> items[i]).toArray();
  }
}
