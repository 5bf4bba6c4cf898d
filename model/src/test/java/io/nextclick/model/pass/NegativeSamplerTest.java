// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NegativeSamplerTest {

  private static final int ROUNDS = 20_000;

  @ParameterizedTest
  @CsvSource({"0, 5", "0.5, 5", "1, 5", "1, 40", "0.5, 1"})
  void popularity_manyRounds_eachItemIsDrawnAsOftenAsItsShiftSays(double power, int draws) {
    int[] counts = {0, 300, 100, 0, 7, 0, 31, 1, 1, 90};
    var sampler = new PopularitySampler(counts, power, draws);
    var random = new SplittableRandom(20261201);
    int[] times = new int[counts.length];
    double[] likely = new double[counts.length];
    int[] rows = new int[sampler.most()];
    float[] shifts = new float[sampler.most()];
    for (int round = 0; round < ROUNDS; round++) {
      int count = sampler.draw(random, rows, shifts);
      assertThat(IntStream.of(rows).limit(count).distinct().count()).isEqualTo(count);
      for (int i = 0; i < count; i++) {
        times[rows[i]]++;
        likely[rows[i]] = Math.exp(-shifts[i]);
      }
    }
    assertThat(times[0]).isZero();
    double sum = 0;
    for (int row = 1; row < counts.length; row++) {
      double share = times[row] / (double) ROUNDS;
      double error = Math.sqrt(likely[row] * (1 - likely[row]) / ROUNDS);
      assertThat(share).as("row %d", row).isCloseTo(likely[row], within(4.5 * error + 1e-7));
      sum += Math.pow(counts[row] + 1, power);
    }
    for (int row = 1; row < counts.length; row++) {
      double once = Math.pow(counts[row] + 1, power) / sum;
      assertThat(likely[row]).isCloseTo(1 - Math.pow(1 - once, draws), within(1e-6));
    }
  }

  @Test
  void popularity_sameSeed_sameRows() {
    var sampler = new PopularitySampler(new int[] {0, 4, 2, 1, 9, 9}, 0.5, 4);
    int[][] rows = new int[2][4];
    for (int[] of : rows) {
      sampler.draw(new SplittableRandom(3), of, new float[4]);
    }
    assertThat(rows[1]).isEqualTo(rows[0]);
  }

  /** What is trained with {@code sampled} has the bytes of before. */
  @Test
  void uniform_aSeed_rowsOfBefore() {
    int[] rows = new int[6];
    float[] shifts = new float[6];
    assertThat(new UniformSampler(20, 6).draw(new SplittableRandom(7), rows, shifts)).isEqualTo(6);
    assertThat(rows).containsExactly(17, 12, 10, 19, 16, 13);
    new UniformSampler(1_000, 6).draw(new SplittableRandom(7), rows, shifts);
    assertThat(rows).containsExactly(697, 554, 54, 522, 206, 108);
    assertThat(shifts).containsOnly((float) -Math.log(6 / 999.0));
  }

  @Test
  void samplers_nothingToDraw_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new UniformSampler(5, 5))
        .withMessage("negatives=5, items=5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PopularitySampler(new int[3], 0.5, 0))
        .withMessage("draws=0, power=0.5");
  }
}
