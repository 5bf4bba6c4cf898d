// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.admission.MemoryBudget.Share;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

  private static final int LARGE = 1 << 20;
  private static final int SMALL = 1 << 10;

  private final MemoryBudget budget = new MemoryBudget(64 << 20);

  @Test
  void parse_untilTheBudgetIsSpent_isRefusedThenAndNotAfterwards() {
    Share first = budget.open();
    Share second = budget.open();
    Share third = budget.open();

    assertThat(first.parse(LARGE)).isTrue();
    assertThat(second.parse(2 * LARGE)).isTrue();
    assertThat(budget.hasRoomFor(LARGE)).isFalse();
    assertThat(budget.hasRoomFor(SMALL)).isTrue();
    assertThat(third.parse(LARGE)).isFalse();
    assertThat(budget.used()).isEqualTo(48 << 20);
    first.close();
    assertThat(third.parse(LARGE)).isTrue();
  }

  @Test
  void parse_largeOnesFillTheirPart_smallOnesHaveTheRest() {
    assertThat(budget.open().parse(3 * LARGE)).isTrue();

    for (int i = 0; i < 1_024; i++) {
      assertThat(budget.open().parse(SMALL)).isTrue();
    }
    assertThat(budget.open().parse(SMALL)).isFalse();
  }

  @Test
  void parse_largerThanTheBudgetAndAlone_isLetIn() {
    Share share = budget.open();

    assertThat(share.hold(10 * LARGE)).isTrue();
    assertThat(share.parse(10 * LARGE)).isTrue();
    assertThat(budget.open().parse(LARGE)).isFalse();
    assertThat(budget.open().parse(SMALL)).as("a small one has its quarter").isTrue();
  }

  @Test
  void close_twice_givesBackOnce() {
    Share share = budget.open();
    assertThat(share.hold(SMALL)).isTrue();
    assertThat(budget.used()).isEqualTo(SMALL);

    share.close();
    share.close();

    assertThat(budget.used()).isZero();
  }

  @Test
  void hold_grows_countsTheLastSizeOnly() {
    Share share = budget.open();

    assertThat(share.hold(SMALL)).isTrue();
    assertThat(share.hold(LARGE)).isTrue();

    assertThat(budget.used()).isEqualTo(LARGE);
  }
}
