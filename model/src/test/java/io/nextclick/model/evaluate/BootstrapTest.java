// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BootstrapTest {

  @Test
  void intervals_ofAShare_areAsWideAsTheBinomialSays() {
    double[] hits = new double[2_000];
    Arrays.fill(hits, 0, 500, 1);
    double[] interval = Bootstrap.DEFAULT.intervals(new double[][] {hits})[0];
    double error = Math.sqrt(0.25 * 0.75 / hits.length);
    assertThat(interval[0]).isEqualTo(0.25 - 1.96 * error, within(0.25 * error));
    assertThat(interval[1]).isEqualTo(0.25 + 1.96 * error, within(0.25 * error));
  }

  @Test
  void intervals_sameSeed_areTheSame() {
    double[][] values = {{0, 1, 0, 1, 1, 0, 1, 0.5}};
    assertThat(Bootstrap.DEFAULT.intervals(values))
        .isDeepEqualTo(Bootstrap.DEFAULT.intervals(values));
    assertThat(new Bootstrap(7, 50).intervals(values)[0][0]).isBetween(0.0, 1.0);
  }

  @Test
  void intervals_constant_haveNoWidth() {
    assertThat(Bootstrap.DEFAULT.intervals(new double[][] {{0.5, 0.5, 0.5}})[0])
        .containsExactly(0.5, 0.5);
  }
}
