// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shadow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RankComparisonTest {

  @Test
  void correlation_sameAndOppositeOrder_isOneAndMinusOne() {
    assertThat(of(1, 2, 3).with(10, 20, 90).correlation()).isEqualTo(1);
    assertThat(of(1, 2, 3).with(3, 2, 1).correlation()).isEqualTo(-1);
  }

  @Test
  void correlation_withTies_isPearsonsOfMeanRanks() {
    // ranks 0, 1.5, 1.5, 3 and 0, 2, 1, 3
    assertThat(of(1, 2, 2, 3).with(1, 3, 2, 4).correlation())
        .isCloseTo(4.5 / Math.sqrt(4.5 * 5), within(1e-12));
    assertThat(of(1, 1).with(1, 2).correlation()).isZero();
  }

  @Test
  void overlap_bestK_isThePartInBoth() {
    assertThat(of(4, 3, 2, 1).with(4, 1, 3, 2).overlap(2)).isEqualTo(0.5);
    assertThat(of(4, 3, 2, 1).with(1, 2, 3, 4).overlap(9)).isEqualTo(1);
  }

  private record Live(float... scores) {
    RankComparison with(float... shadow) {
      return new RankComparison(scores, shadow);
    }
  }

  private static Live of(float... scores) {
    return new Live(scores);
  }
}
