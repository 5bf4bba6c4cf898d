// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BootstrapTest {

  @Test
  void resample_ofAShare_isAsWideAsTheBinomialSays() {
    double[] hits = new double[2_000];
    Arrays.fill(hits, 0, 500, 1);
    double[] interval = Bootstrap.interval(means(Bootstrap.DEFAULT, hits));
    double error = Math.sqrt(0.25 * 0.75 / hits.length);
    assertThat(interval[0]).isEqualTo(0.25 - 1.96 * error, within(0.25 * error));
    assertThat(interval[1]).isEqualTo(0.25 + 1.96 * error, within(0.25 * error));
  }

  @Test
  void resample_sameSeed_isTheSame() {
    double[] values = {0, 1, 0, 1, 1, 0, 1, 0.5};
    assertThat(means(Bootstrap.DEFAULT, values)).containsExactly(means(Bootstrap.DEFAULT, values));
    assertThat(means(new Bootstrap(7, 50), values))
        .isNotEqualTo(means(new Bootstrap(8, 50), values));
  }

  @Test
  void resample_everyDraw_drawsAsManyAsThereAre() {
    double[][] totals =
        Bootstrap.DEFAULT.resample(
            9, draws -> new double[] {Arrays.stream(draws).sum(), draws.length});
    assertThat(totals).hasDimensions(1_000, 2);
    assertThat(List.of(totals)).allSatisfy(total -> assertThat(total).containsExactly(9, 9));
  }

  @Test
  void interval_ofAConstantAndOfWhatIsUndefined_isTheConstant() {
    double[] values = new double[100];
    Arrays.fill(values, 0.5);
    values[3] = Double.NaN;
    assertThat(Bootstrap.interval(values)).containsExactly(0.5, 0.5);
  }

  private static double[] means(Bootstrap bootstrap, double[] values) {
    double[][] resampled =
        bootstrap.resample(
            values.length,
            draws -> {
              double sum = 0;
              for (int user = 0; user < draws.length; user++) {
                sum += draws[user] * values[user];
              }
              return new double[] {sum / values.length};
            });
    return Arrays.stream(resampled).mapToDouble(draw -> draw[0]).toArray();
  }
}
