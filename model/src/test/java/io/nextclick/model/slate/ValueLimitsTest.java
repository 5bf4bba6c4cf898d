// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.model.slate.ValueLimits.MaxPerValue;
import io.nextclick.model.slate.ValueLimits.MinDistance;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ValueLimitsTest {

  private static final int[][] COLOURS = {{0}, {0}, {0, 1}, {1}, {}, {}};

  @Test
  void maxPerValue_itemOfSeveralValuesCountsInEach_oneWithoutInNone() {
    var limits = new ValueLimits(List.of(new MaxPerValue(1, COLOURS)), 6);

    assertThat(allowed(limits, 6, new int[] {2})).containsExactly(4, 5);
    assertThat(allowed(limits, 6, new int[] {0})).containsExactly(3, 4, 5);
    assertThat(allowed(limits, 6, new int[] {4})).containsExactly(0, 1, 2, 3, 5);
  }

  @Test
  void minDistance_neighboursAreOneApart() {
    var two = new ValueLimits(List.of(new MinDistance(2, COLOURS)), 6);
    var one = new ValueLimits(List.of(new MinDistance(1, COLOURS)), 6);

    assertThat(allowed(two, 6, new int[] {0})).containsExactly(3, 4, 5);
    assertThat(allowed(two, 6, new int[] {0, 4})).containsExactly(1, 2, 3, 5);
    assertThat(allowed(one, 6, new int[] {0})).containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void unmet_theLastIsDropped_forThatPlaceAlone() {
    int[][] values = {{0}, {0}, {0}, {1}};
    var limits =
        new ValueLimits(List.of(new MaxPerValue(2, values), new MinDistance(2, values)), 4);

    assertThat(limits.kept(new int[] {3, 0}, 2)).as("all left are 0").isEqualTo(1);
    assertThat(allowed(limits, 4, new int[] {3, 0})).containsExactly(1, 2);
    assertThat(limits.kept(new int[] {3, 0, 1}, 3)).as("and there are two").isZero();
    assertThat(limits.kept(new int[] {0}, 1)).isEqualTo(2);
    assertThat(allowed(limits, 4, new int[] {0})).containsExactly(3);
  }

  /** Against the rules as one says them, over whole pages. */
  @Test
  void page_keepsWhatItCan() {
    var random = new SplittableRandom(9);
    for (int run = 0; run < 300; run++) {
      int candidates = 2 + random.nextInt(9);
      int[][] values = new int[candidates][];
      Arrays.setAll(
          values, i -> random.ints(random.nextInt(3), 0, 3).distinct().sorted().toArray());
      int most = 1 + random.nextInt(3);
      int least = 1 + random.nextInt(3);
      var limits =
          new ValueLimits(
              List.of(new MaxPerValue(most, values), new MinDistance(least, values)), candidates);

      Prefix empty = MarginalRelevance.empty(random.doubles(candidates).toArray(), (a, b) -> 0, 1);
      int[] page =
          new GreedyBuilder()
              .build(empty, SlateBuilder.clicks(candidates), candidates, limits)
              .candidates();

      assertThat(page).hasSize(candidates);
      for (int place = 0; place < page.length; place++) {
        int kept = limits.kept(page, place);
        int met = met(values, most, least, page, place, page[place]);
        int best = 0;
        for (int other = place; other < page.length; other++) {
          best = Math.max(best, met(values, most, least, page, place, page[other]));
        }
        assertThat(kept).isEqualTo(best);
        assertThat(met).isGreaterThanOrEqualTo(kept);
      }
    }
  }

  /** How many of the two limits a candidate meets, from the first. */
  private static int met(int[][] values, int most, int least, int[] page, int size, int candidate) {
    for (int value : values[candidate]) {
      long placed =
          Arrays.stream(page, 0, size)
              .filter(one -> Arrays.stream(values[one]).anyMatch(v -> v == value))
              .count();
      if (placed >= most) {
        return 0;
      }
    }
    for (int place = 0; place < size; place++) {
      int there = page[place];
      if (size - place < least
          && Arrays.stream(values[candidate])
              .anyMatch(value -> Arrays.stream(values[there]).anyMatch(v -> v == value))) {
        return 1;
      }
    }
    return 2;
  }

  private static int[] allowed(ValueLimits limits, int candidates, int[] placed) {
    int[] page = Arrays.copyOf(placed, 10); // the builder's array is longer
    return IntStream.range(0, candidates)
        .filter(candidate -> Arrays.stream(placed).noneMatch(one -> one == candidate))
        .filter(candidate -> limits.allows(page, placed.length, candidate))
        .toArray();
  }
}
