// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
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
}
