// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopKTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 7, 8, 9, 100, 1_000, 5_000})
  void select_randomScoresWithTies_equalsStableSort(int size) {
    Random random = new Random(size);
    float[] scores = new float[size];
    for (int i = 0; i < size; i++) {
      scores[i] =
          switch (random.nextInt(6)) {
            case 0 -> -0f;
            case 1 -> 0f;
            case 2 -> Float.MIN_VALUE;
            case 3 -> -Float.MAX_VALUE;
            default -> random.nextInt(20) - 10;
          };
    }
    int[] sorted =
        IntStream.range(0, size)
            .boxed()
            .sorted((a, b) -> Double.compare(scores[b] + 0.0, scores[a] + 0.0))
            .mapToInt(Integer::intValue)
            .toArray();

    for (int k : new int[] {0, 1, 2, 20, size, size + 1}) {
      assertThat(TopK.select(scores, k))
          .as("seed=%d, k=%d", size, k)
          .isEqualTo(IntStream.of(sorted).limit(k).toArray());
    }
  }

  @Test
  void floor_onlyWhenFull_isTheLowestKept() {
    TopK best = new TopK(2);
    assertThat(best.floor()).isEqualTo(Float.NEGATIVE_INFINITY);
    best.offer(3, 0, index -> true);
    assertThat(best.floor()).isEqualTo(Float.NEGATIVE_INFINITY);
    best.offer(-1.5f, 1, index -> true);
    assertThat(best.floor()).isEqualTo(-1.5f);
    best.offer(2, 2, index -> true);
    assertThat(best.floor()).isEqualTo(2);
    assertThat(best.best().rows()).containsExactly(0, 2);
    assertThat(best.best().scores()).containsExactly(3, 2);
    assertThat(new TopK(0).floor()).isEqualTo(Float.POSITIVE_INFINITY);
  }

  @Test
  void offer_whatIsNotAccepted_isLeftOut() {
    TopK best = new TopK(3);
    best.offer(new float[] {1, 2, 3, 4, 9}, 4, 10, index -> index != 12);
    assertThat(best.best().rows()).containsExactly(13, 11, 10);
    assertThat(best.best().scores()).containsExactly(4, 2, 1);
  }

  /** Asking may be dear: nobody is asked about what would not be kept. */
  @Test
  void offer_belowTheFloor_isNotAskedAbout() {
    List<Integer> asked = new ArrayList<>();
    TopK best = new TopK(1);
    best.offer(new float[] {5, 4, 6, 6, 5}, 5, 0, index -> asked.add(index)); // add says true
    assertThat(asked).containsExactly(0, 2);
    best.offer(6, 3, index -> asked.add(index));
    best.offer(7, 9, index -> asked.add(index));
    assertThat(asked).containsExactly(0, 2, 9);
    assertThat(best.best().rows()).containsExactly(9);
  }

  /** Blocks of the catalogue may come in any order. */
  @Test
  void offer_lowerIndexesLater_winTies() {
    TopK best = new TopK(2);
    best.offer(new float[] {1, 1}, 2, 10, index -> true);
    best.offer(new float[] {1, 0}, 2, 3, index -> true);
    assertThat(best.best().rows()).containsExactly(3, 10);
  }

  @Test
  void offer_anotherOnes_keepsTheBestOfBoth() {
    TopK left = new TopK(3);
    left.offer(new float[] {1, 5, 3}, 3, 0, index -> true);
    TopK right = new TopK(4);
    right.offer(new float[] {3, 4}, 2, 10, index -> true);
    left.offer(right);
    assertThat(left.best().rows()).containsExactly(1, 11, 2);
    TopK none = new TopK(0);
    none.offer(left);
    none.offer(1, 1, index -> true);
    assertThat(none.best().rows()).isEmpty();
    assertThat(none.capacity()).isZero();
    assertThat(left.capacity()).isEqualTo(3);
  }
}
