// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlateBuilderTest {

  /** No two items of a kind beside each other, and one of kind 0 at most. */
  private static final Limits STRICT =
      (placed, size, candidate) ->
          (size == 0 || FadingPrefix.kind(placed[size - 1]) != FadingPrefix.kind(candidate))
              && (FadingPrefix.kind(candidate) != 0
                  || Arrays.stream(placed, 0, size)
                      .noneMatch(other -> FadingPrefix.kind(other) == 0));

  private final SplittableRandom random = new SplittableRandom(5);

  @Test
  void greedy_fadingKinds_takesTheBestAtEachPlace() {
    var empty = new FadingPrefix(0.5, 0.4, 0.1, 0.45);
    Slate page = new GreedyBuilder().build(empty, SlateBuilder.clicks(4), 3, Limits.NONE);
    // 0 and 3 are of one kind; 1 is 0.4, 3 has faded to 0.18 and is lifted to 0.288
    assertThat(page.candidates()).containsExactly(0, 1, 3);
    assertThat(page.probabilities()[2])
        .isCloseTo(0.45 * 0.4 * 1.6 / 1.6, within(1e-12)); // looked at: 1 / 1.6
    assertThat(page.value()).isEqualTo(Arrays.stream(page.probabilities()).sum());
  }

  @Test
  void builders_values_weighProbabilities() {
    var empty = new FadingPrefix(0.5, 0.4, 0.1);
    double[] values = {1, 1, 9};
    for (SlateBuilder builder : List.of(new GreedyBuilder(), new BeamBuilder(3))) {
      Slate page = builder.build(empty, values, 1, Limits.NONE);
      assertThat(page.candidates()).containsExactly(2);
      assertThat(page.value()).isCloseTo(0.9, within(1e-12));
    }
  }

  @Test
  void builders_equalCandidates_keepTheShortlistsOrder() {
    double[] same = new double[7];
    Arrays.fill(same, 0.2);
    Prefix empty = new Alike(same, 0);
    for (SlateBuilder builder : List.of(new GreedyBuilder(), new BeamBuilder(4))) {
      Slate page = builder.build(empty, SlateBuilder.clicks(7), 4, Limits.NONE);
      assertThat(page.candidates()).containsExactly(0, 1, 2, 3);
    }
  }

  @Test
  void builders_nothingAllowed_endThePage() {
    Limits two = (placed, size, candidate) -> size < 2;
    double[] values = SlateBuilder.clicks(6);
    for (int run = 0; run < 20; run++) {
      FadingPrefix empty = FadingPrefix.random(random, 6);
      Slate greedy = new GreedyBuilder().build(empty, values, 4, two);
      Slate beam = new BeamBuilder(3).build(empty, values, 4, two);
      Slate best = BranchAndBound.best(empty, values, 4, two);
      for (Slate page : List.of(greedy, beam, best)) {
        assertThat(page.candidates()).hasSize(2);
        assertThat(page.probabilities()).hasSize(2);
      }
      Slate none = new BeamBuilder(3).build(empty, values, 4, (placed, size, c) -> false);
      assertThat(none.candidates()).isEmpty();
      assertThat(none.value()).isZero();
    }
  }

  @Test
  void builders_fewCandidates_placeThemAll() {
    FadingPrefix empty = FadingPrefix.random(random, 3);
    double[] values = SlateBuilder.clicks(3);
    for (SlateBuilder builder : List.of(new GreedyBuilder(), new BeamBuilder(2))) {
      assertThat(builder.build(empty, values, 10, Limits.NONE).candidates())
          .containsExactlyInAnyOrder(0, 1, 2);
    }
    assertThat(BranchAndBound.best(empty, values, 10, Limits.NONE).candidates()).hasSize(3);
  }

  @Test
  void beam_ofWidthOne_isGreedy() {
    for (int run = 0; run < 50; run++) {
      FadingPrefix empty = FadingPrefix.random(random, 9);
      double[] values = random.doubles(9, 0, 3).toArray();
      Limits limits = run % 2 == 0 ? Limits.NONE : STRICT;
      Slate greedy = new GreedyBuilder().build(empty, values, 5, limits);
      Slate beam = new BeamBuilder(1).build(empty, values, 5, limits);
      assertThat(beam.candidates()).isEqualTo(greedy.candidates());
      assertThat(beam.probabilities()).isEqualTo(greedy.probabilities());
      assertThat(beam.value()).isEqualTo(greedy.value());
    }
  }

  @Test
  void beam_wideEnough_andBranchAndBound_findTheBestOfAllPages() {
    int better = 0;
    for (int run = 0; run < 40; run++) {
      FadingPrefix empty = FadingPrefix.random(random, 6);
      double[] values = random.doubles(6, 0, 3).toArray();
      Limits limits = run % 2 == 0 ? Limits.NONE : STRICT;
      double most = mostOf(empty, values, 4, limits);
      Slate beam = new BeamBuilder(400).build(empty, values, 4, limits);
      Slate best = BranchAndBound.best(empty, values, 4, limits);
      Slate greedy = new GreedyBuilder().build(empty, values, 4, limits);
      assertThat(beam.value()).isCloseTo(most, within(1e-12));
      assertThat(best.value()).isCloseTo(most, within(1e-12));
      better += best.value() > greedy.value() + 1e-9 ? 1 : 0;
    }
    assertThat(better).as("pages that greedy does not find").isGreaterThan(10);
  }

  @Test
  void best_limitThatDependsOnTheOrder_isFoundBehindABeginningThatIsWorthLess() {
    Limits thirdBehindSecond =
        (placed, size, candidate) -> candidate != 2 || (size == 2 && placed[1] == 1);
    Slate best =
        BranchAndBound.best(
            new FadingPrefix(0.4, 0.5, 0.6), SlateBuilder.clicks(3), 3, thirdBehindSecond);
    assertThat(best.candidates()).containsExactly(0, 1, 2); // 1, 0 is worth more, but ends there
  }

  @Test
  void page_priced_isWorthWhatItsBuilderSaid() {
    FadingPrefix empty = FadingPrefix.random(random, 8);
    double[] values = random.doubles(8, 0, 3).toArray();
    Slate built = new BeamBuilder(4).build(empty, values, 5, Limits.NONE);
    Slate priced = Slate.of(empty, values, built.candidates());
    assertThat(priced.probabilities()).isEqualTo(built.probabilities());
    assertThat(priced.value()).isEqualTo(built.value());
  }

  @Test
  void input_thatCannotBe_isRefused() {
    var empty = new FadingPrefix(0.5, 0.4);
    var greedy = new GreedyBuilder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> greedy.build(empty, new double[] {1, -2}, 2, Limits.NONE))
        .withMessage("value of candidate 1: -2.0, must be a number from 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> greedy.build(empty.then(0), SlateBuilder.clicks(2), 2, Limits.NONE))
        .withMessageContaining("nothing placed");
    assertThatIllegalStateException()
        .isThrownBy(() ->
            greedy.build(
                new Alike(new double[] {0.1, Double.NaN}, 0),
                SlateBuilder.clicks(2),
                2,
                Limits.NONE))
        .withMessage("probability of candidate 1 at place 0: NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BeamBuilder(0))
        .withMessageContaining("width=0");
    double[] many = new double[21];
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BranchAndBound.best(new FadingPrefix(many), many, 2, Limits.NONE))
        .withMessageContaining("21 candidates");
  }

  /** Tries every page. */
  private static double mostOf(Prefix empty, double[] values, int places, Limits limits) {
    return IntStream.rangeClosed(0, places)
        .mapToObj(length -> pages(new ArrayList<>(), new int[0], values.length, length, limits))
        .flatMap(List::stream)
        .mapToDouble(page -> Slate.of(empty, values, page).value())
        .max()
        .orElseThrow();
  }

  private static List<int[]> pages(
      List<int[]> into, int[] placed, int candidates, int length, Limits limits) {
    if (placed.length == length) {
      into.add(placed);
      return into;
    }
    for (int candidate = 0; candidate < candidates; candidate++) {
      int next = candidate;
      if (Arrays.stream(placed).noneMatch(other -> other == next)
          && limits.allows(placed, placed.length, candidate)) {
        int[] longer = Arrays.copyOf(placed, placed.length + 1);
        longer[placed.length] = candidate;
        pages(into, longer, candidates, length, limits);
      }
    }
    return into;
  }

  /** Probabilities that do not depend on what is placed. */
  private record Alike(double[] wanted, int size) implements Prefix {

    @Override
    public void probabilities(double[] into) {
      System.arraycopy(wanted, 0, into, 0, wanted.length);
    }

    @Override
    public Prefix then(int candidate) {
      return new Alike(wanted, size + 1);
    }
  }
}
