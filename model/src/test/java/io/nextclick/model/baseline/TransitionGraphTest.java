// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.features.encode.Vocabulary;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TransitionGraphTest {

  private static final Vocabulary ABCD = new Vocabulary(List.of("a", "b", "c", "d"));
  private static final ItemSequences SMALL =
      ItemSequences.of(ABCD, List.of(new int[] {1, 2, 3}, new int[] {1, 3}, new int[] {4}));

  @Test
  void next_threeSequences_areTheCountsOfTheMarkovChain() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 2);
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
    TransitionGraph graph = TransitionGraph.of(SMALL, 1);
    assertThat(row(graph.next().items(), 1, 1)).containsExactly(3);
  }

  @Test
  void pairs_threeSequences_areTheCosineOfEitherDirection() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 4);
    // c behind a at 1.5, both occur twice; c behind b once.
    assertThat(row(graph.pairs().items(), 3, 4)).containsExactly(1, 2, 0, 0);
    assertThat(graph.pairs().values()[12]).isEqualTo(0.75f, within(1e-6f));
    assertThat(graph.pairs().values()[13]).isEqualTo((float) Math.sqrt(0.5), within(1e-6f));
    assertThat(row(graph.pairs().items(), 1, 4)).containsExactly(3, 2, 0, 0);
  }

  @Test
  void far_threeSequences_goesTwoHops() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 4);
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
            visitor.accept(new int[] {1, 2, 3}, times);
          }
        };
    TransitionGraph graph = TransitionGraph.of(timed, 1);
    assertThat(graph.halfLifeMillis()).isEqualTo(116);
    assertThat(graph.recent()[3]).isEqualTo(1);
    assertThat(graph.recent()[2]).isEqualTo((float) Math.pow(0.5, 400 / 116.0), within(1e-6f));
    assertThat(TransitionGraph.of(SMALL, 1).recent()).containsExactly(0, 2, 1, 2, 1);
  }

  @Test
  void successors_twoItems_areSummedUpWithDecay() {
    TransitionGraph graph = TransitionGraph.of(SMALL, 4);
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
