// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SampledNegativesTest {

  private static final SampledNegatives NEGATIVES = new SampledNegatives(3, 5);

  @Test
  void draw_anyUser_isUniformOverAllButTheTrainingPart() {
    long[] counts = new long[11];
    for (int user = 0; user < 2_000; user++) {
      int[] drawn = NEGATIVES.draw(user, 10, new int[] {2, 5, 2});
      assertThat(drawn).hasSize(5);
      Arrays.stream(drawn).forEach(row -> counts[row]++);
    }
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
    assertThat(new SampledNegatives(4, 5).draw(1, 100, new int[0]))
        .isNotEqualTo(NEGATIVES.draw(1, 100, new int[0]));
  }

  @Test
  void draw_noMoreLeftThanAskedFor_hasEachOnce() {
    assertThat(new SampledNegatives(3, 100).draw(7, 10, new int[] {2, 5, 2}))
        .containsExactly(1, 3, 4, 6, 7, 8, 9, 10);
    assertThat(new SampledNegatives(3, 8).draw(7, 10, new int[] {2, 5}))
        .containsExactly(1, 3, 4, 6, 7, 8, 9, 10);
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
