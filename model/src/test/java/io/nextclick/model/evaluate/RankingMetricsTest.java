// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against values worked out by hand. */
class RankingMetricsTest {

  private static final Offset<Double> CLOSE = within(1e-12);

  private static final double[] SCORES = {0.9, 0.4, 0.4, 0.1};
  private static final boolean[] CLICKED = {true, true, false, false};

  @Test
  void hit_rankAtAndBelowTheCutOff_countsUpToIt() {
    assertThat(RankingMetrics.hit(10, 10)).isEqualTo(1);
    assertThat(RankingMetrics.hit(11, 10)).isEqualTo(0);
  }

  @Test
  void ndcg_ranks_fallByTheLogarithm() {
    assertThat(RankingMetrics.ndcg(1, 10)).isEqualTo(1, CLOSE);
    assertThat(RankingMetrics.ndcg(3, 10)).isEqualTo(0.5, CLOSE);
    assertThat(RankingMetrics.ndcg(7, 10)).isEqualTo(1 / 3.0, CLOSE);
    assertThat(RankingMetrics.ndcg(11, 10)).isZero();
  }

  @Test
  void ndcg_ofRows_isTheGainOfTheClicksOverTheBest() {
    // Places 1, 2, 3 gain 1, 1 / log2(3) and 1 / 2. Clicks at the first and the tied second place:
    double second = Math.log(2) / Math.log(3);
    assertThat(RankingMetrics.ndcg(SCORES, CLICKED, 10))
        .isEqualTo((1 + (second + 0.5) / 2) / (1 + second), CLOSE);
    assertThat(RankingMetrics.ndcg(new double[] {1, 2, 3}, new boolean[] {true, false, false}, 2))
        .isZero(); // beyond the cut-off
    assertThat(RankingMetrics.ndcg(new double[] {7, 7}, new boolean[] {true, false}, 10))
        .isEqualTo((1 + second) / 2, CLOSE);
  }

  @Test
  void ndcg_oneKindOrNoNumber_isNotANumber() {
    assertThat(RankingMetrics.ndcg(new double[] {1, 2}, new boolean[] {true, true}, 10)).isNaN();
    assertThat(RankingMetrics.ndcg(new double[] {1, 2}, new boolean[] {false, false}, 10)).isNaN();
    double[] scores = {1, Double.NaN};
    assertThat(RankingMetrics.ndcg(scores, new boolean[] {true, false}, 10)).isNaN();
  }

  @Test
  void reciprocalRank_anyRank_isItsInverse() {
    assertThat(RankingMetrics.reciprocalRank(40)).isEqualTo(0.025, CLOSE);
  }

  @Test
  void auc_oneTie_countsHalf() {
    // Four pairs: three in order, one tied.
    assertThat(RankingMetrics.auc(SCORES, CLICKED)).isEqualTo(3.5 / 4, CLOSE);
  }

  @Test
  void auc_constantScores_isAHalf() {
    assertThat(RankingMetrics.auc(new double[] {1, 1, 1}, new boolean[] {true, false, false}))
        .isEqualTo(0.5, CLOSE);
  }

  @Test
  void auc_oneLabelOnly_isNotANumber() {
    assertThat(RankingMetrics.auc(new double[] {1, 2}, new boolean[] {true, true})).isNaN();
  }

  @Test
  @Timeout(10)
  void auc_scoreThatIsNoNumber_isNotANumber() {
    assertThat(
            RankingMetrics.auc(new double[] {1, Double.NaN, 2}, new boolean[] {true, false, true}))
        .isNaN();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void metrics_oneKindOfRows_areNumbersOrNone(boolean clicked) {
    double[] p = {0.2, 0.4};
    boolean[] labels = {clicked, clicked};
    assertThat(RankingMetrics.normalizedEntropy(p, labels)).isNaN();
    assertThat(RankingMetrics.gauc(new int[] {1, 1}, p, labels)).isNaN();
    if (clicked) {
      assertThat(RankingMetrics.calibrationRatio(p, labels)).isCloseTo(0.3, within(1e-9));
    } else {
      assertThat(RankingMetrics.calibrationRatio(p, labels)).isNaN();
    }
    assertThat(RankingMetrics.logLoss(p, labels)).isFinite();
    assertThat(RankingMetrics.expectedCalibrationError(p, labels, 10)).isFinite();
  }

  @Test
  void metrics_noRows_areNone() {
    double[] none = {};
    boolean[] labels = {};
    assertThat(RankingMetrics.auc(none, labels)).isNaN();
    assertThat(RankingMetrics.gauc(new int[0], none, labels)).isNaN();
    assertThat(RankingMetrics.logLoss(none, labels)).isNaN();
    assertThat(RankingMetrics.normalizedEntropy(none, labels)).isNaN();
    assertThat(RankingMetrics.calibrationRatio(none, labels)).isNaN();
    assertThat(RankingMetrics.expectedCalibrationError(none, labels, 10)).isNaN();
  }

  @Test
  void gauc_usersMixed_weightsByRowsAndSkipsUsersWithOneLabel() {
    int[] users = {7, 8, 7, 8, 8, 9};
    double[] scores = {0.2, 0.1, 0.8, 0.5, 0.3, 1};
    boolean[] clicked = {false, true, true, false, false, true};
    // User 7: 1 over 2 rows; user 8: 0 over 3 rows; user 9 has clicks only.
    assertThat(RankingMetrics.gauc(users, scores, clicked)).isEqualTo(2.0 / 5, CLOSE);
  }

  @Test
  void logLoss_andNormalizedEntropy_matchTheFormulas() {
    double expected = -(Math.log(0.9) + Math.log(0.4) + Math.log(0.6) + Math.log(0.9)) / 4;
    assertThat(RankingMetrics.logLoss(SCORES, CLICKED)).isEqualTo(expected, CLOSE);
    assertThat(RankingMetrics.normalizedEntropy(SCORES, CLICKED))
        .isEqualTo(expected / Math.log(2), CLOSE);
  }

  @Test
  void logLoss_certainAndWrong_isClipped() {
    assertThat(RankingMetrics.logLoss(new double[] {0}, new boolean[] {true}))
        .isEqualTo(-Math.log(1e-6), within(1e-9));
  }

  @Test
  void calibration_sumsAndBins_matchTheFormulas() {
    assertThat(RankingMetrics.calibrationRatio(SCORES, CLICKED)).isEqualTo(1.8 / 2, CLOSE);
    // Bins: {0.9: one click}, {0.4, 0.4: one click}, {0.1: none}.
    assertThat(RankingMetrics.expectedCalibrationError(SCORES, CLICKED, 10))
        .isEqualTo((0.1 + 0.2 + 0.1) / 4, CLOSE);
  }

  @Test
  void metrics_lengthsThatDiffer_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RankingMetrics.logLoss(new double[1], new boolean[2]))
        .withMessage("values=1, labels=2");
  }
}
