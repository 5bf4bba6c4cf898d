// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SampledNegativesTest {

  private static final SampledNegatives NEGATIVES = new SampledNegatives(3, 10_000);

  @Test
  void draw_anyUser_isUniformOverAllButTheTrainingPart() {
    int[] drawn = NEGATIVES.draw(7, 10, new int[] {2, 5, 2});
    long[] counts = new long[11];
    Arrays.stream(drawn).forEach(row -> counts[row]++);
    assertThat(counts[0]).isZero();
    assertThat(counts[2]).isZero();
    assertThat(counts[5]).isZero();
    for (int row : new int[] {1, 3, 4, 6, 7, 8, 9, 10}) {
      assertThat(counts[row]).as("row %d, seed 3", row).isBetween(1_100L, 1_400L); // 1,250 each
    }
  }

  @Test
  void draw_sameSeedAndUser_isTheSame_othersDiffer() {
    assertThat(NEGATIVES.draw(1, 100, new int[0])).isEqualTo(NEGATIVES.draw(1, 100, new int[0]));
    assertThat(NEGATIVES.draw(1, 100, new int[0])).isNotEqualTo(NEGATIVES.draw(2, 100, new int[0]));
    assertThat(new SampledNegatives(4, 10_000).draw(1, 100, new int[0]))
        .isNotEqualTo(NEGATIVES.draw(1, 100, new int[0]));
  }

  @Test
  void draw_nothingLeft_isEmpty() {
    assertThat(NEGATIVES.draw(0, 2, new int[] {1, 2})).isEmpty();
  }

  @Test
  void rank_tiesCountAgainstTheTarget_exceptItself() {
    // The target, row 9, then: better, equal, itself again, worse, no number.
    float[] scores = {1, 2, 1, 1, 0, Float.NaN};
    assertThat(SampledNegatives.rank(scores, new int[] {1, 2, 9, 3, 4}, 9)).isEqualTo(4);
  }
}
