// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationFitTest {

  private static final long SEED = 11;

  /** Scores from -3 to 3 whose clicks are drawn from a known curve. */
  private record Rows(double[] logits, boolean[] clicked) {

    static Rows of(int rows, DoubleUnaryOperator truth) {
      SplittableRandom random = new SplittableRandom(SEED);
      double[] logits = new double[rows];
      boolean[] clicked = new boolean[rows];
      for (int i = 0; i < rows; i++) {
        logits[i] = 6 * random.nextDouble() - 3;
        clicked[i] = random.nextDouble() < truth.applyAsDouble(logits[i]);
      }
      return new Rows(logits, clicked);
    }
  }

  @Test
  void platt_clicksOfAKnownLine_findsTheLine() {
    Rows rows = Rows.of(200_000, x -> sigmoid(0.7 * x - 0.4));
    Calibration.Platt fit = PlattFit.of(rows.logits, rows.clicked);
    assertThat(fit.slope()).as("seed %d", SEED).isEqualTo(0.7, within(0.02));
    assertThat(fit.intercept()).isEqualTo(-0.4, within(0.02));
  }

  @Test
  void platt_fewRows_noNeighbouringLineFitsPlattsTargetsBetter() {
    double[] logits = {-1, 0.5, 0.2, 3, 100, -40};
    boolean[] clicked = {false, true, false, true, true, false};
    Calibration.Platt fit = PlattFit.of(logits, clicked);
    double best = plattLoss(fit.slope(), fit.intercept(), logits, clicked);
    for (double step : new double[] {1e-3, -1e-3}) {
      assertThat(plattLoss(fit.slope() + step, fit.intercept(), logits, clicked))
          .isGreaterThan(best);
      assertThat(plattLoss(fit.slope(), fit.intercept() + step, logits, clicked))
          .isGreaterThan(best);
    }
  }

  @Test
  void platt_scoresThatSeparate_giveFiniteNumbers() {
    Calibration.Platt fit =
        PlattFit.of(new double[] {-1, -2, 1, 2}, new boolean[] {false, false, true, true});
    assertThat(fit.probability(2)).isBetween(0.7, 0.9);
    assertThat(fit.probability(-2)).isBetween(0.1, 0.3);
  }

  @Test
  void platt_scoresThatPointTheWrongWay_keepTheOrderAndTheRate() {
    double[] logits = {1, 2, 3, 4};
    boolean[] clicked = {true, true, false, false};
    Calibration.Platt fit = PlattFit.of(logits, clicked);
    assertThat(fit.slope()).isPositive();
    assertThat(Arrays.stream(logits).map(fit::probability).sum()).isEqualTo(2, within(1e-6));
  }

  @Test
  void platt_oneScoreOnly_givesTheRate() {
    Calibration.Platt fit =
        PlattFit.of(new double[] {5, 5, 5, 5}, new boolean[] {true, false, false, false});
    // Platt's targets: 2/3 for the click, 1/5 for the others.
    assertThat(fit.probability(5)).isEqualTo((2 / 3.0 + 3 * 0.2) / 4, within(1e-9));
  }

  @Test
  void isotonic_smallCase_isPooledAsByHand() {
    double[] logits = {1, 2, 3, 4, 5, 6};
    boolean[] clicked = {false, true, false, false, true, true};
    // Rates 0 | 1 0 0 | 1 1: the second to fourth are pooled to 1/3, at their mean 3.
    Calibration.Isotonic fit = IsotonicFit.of(logits, clicked, 6, 0);
    assertThat(fit.logits()).containsExactly(1, 3, 5.5);
    assertThat(fit.probabilities()).containsExactly(0, 1 / 3.0, 1);
    assertThat(fit.probability(2)).isEqualTo(1 / 6.0, within(1e-12));
  }

  @Test
  void isotonic_equalScores_areOnePoint() {
    double[] logits = {2, 1, 2, 1};
    boolean[] clicked = {true, false, false, false};
    Calibration.Isotonic fit = IsotonicFit.of(logits, clicked, 4, 0);
    assertThat(fit.logits()).containsExactly(1, 2);
    assertThat(fit.probabilities()).containsExactly(0, 0.5);
  }

  @Test
  void isotonic_randomRows_isTheBestIncreasingFit() {
    // Exhaustive: the best increasing step function is made of runs; try every cut into runs.
    SplittableRandom random = new SplittableRandom(SEED);
    for (int trial = 0; trial < 50; trial++) {
      int rows = 2 + random.nextInt(9);
      double[] logits = new double[rows];
      boolean[] clicked = new boolean[rows];
      for (int i = 0; i < rows; i++) {
        logits[i] = i;
        clicked[i] = random.nextBoolean();
      }
      Calibration.Isotonic fit = IsotonicFit.of(logits, clicked, rows, 0);
      assertThat(squares(fit, clicked))
          .as("seed %d, trial %d, %s", SEED, trial, Arrays.toString(clicked))
          .isEqualTo(bestSquares(clicked), within(1e-9));
    }
  }

  @Test
  void isotonic_scoresAtTheEnds_areToldApart() {
    Rows rows = Rows.of(5_000, x -> 0.1 + 0.05 * x * x * (x > 0 ? 1 : 0));
    Calibration.Isotonic fit = IsotonicFit.of(rows.logits, rows.clicked);
    double lowest = Arrays.stream(rows.logits).min().orElseThrow();
    double highest = Arrays.stream(rows.logits).max().orElseThrow();
    assertThat(fit.probability(highest))
        .isGreaterThan(fit.probability(highest - 0.01))
        .isEqualTo(0.55, within(0.15));
    assertThat(fit.probability(lowest))
        .isLessThan(fit.probability(lowest + 0.01))
        .isBetween(0.0, 0.15);
  }

  @Test
  void of_clicksOfAStep_choosesIsotonic() {
    Rows rows = Rows.of(20_000, x -> x > 1 ? 0.9 : 0.2);
    CalibrationFit fit = CalibrationFit.of(rows.logits, rows.clicked);
    assertThat(fit.calibration()).isInstanceOf(Calibration.Isotonic.class);
    assertThat(fit.isotonicLogLoss()).isLessThan(fit.plattLogLoss());
    assertThat(fit.calibration().probability(2)).isEqualTo(0.9, within(0.02));
  }

  @Test
  void of_clicksOfALine_choosesPlatt() {
    Rows rows = Rows.of(2_000, x -> sigmoid(2 * x));
    CalibrationFit fit = CalibrationFit.of(rows.logits, rows.clicked);
    assertThat(fit.calibration()).isInstanceOf(Calibration.Platt.class);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void of_oneKindOfRows_isRefused(boolean clicked) {
    boolean[] same = new boolean[200];
    Arrays.fill(same, clicked);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CalibrationFit.of(new double[200], same))
        .withMessage(
            "clicks=%d of 200 rows: a calibration needs clicks and others", clicked ? 200 : 0);
  }

  @Test
  void of_wrongRows_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CalibrationFit.of(new double[] {1}, new boolean[] {true}));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> CalibrationFit.of(new double[] {1, Double.NaN}, new boolean[] {true, false}))
        .withMessage("logits[1] is not finite");
  }

  private static double plattLoss(
      double slope, double intercept, double[] logits, boolean[] clicked) {
    double loss = 0;
    for (int i = 0; i < logits.length; i++) {
      double target = clicked[i] ? 4 / 5.0 : 1 / 5.0; // three of each
      double p = sigmoid(slope * logits[i] + intercept);
      loss -= target * Math.log(p) + (1 - target) * Math.log(1 - p);
    }
    return loss;
  }

  /** The squared error of the blocks of a fit on rows with scores 0, 1, 2, ... */
  private static double squares(Calibration.Isotonic fit, boolean[] clicked) {
    double sum = 0;
    int row = 0;
    for (int point = 0; point < fit.logits().length; point++) {
      // Scores from `row` to `last` have the mean of this point.
      int last = (int) Math.round(2 * fit.logits()[point]) - row;
      for (; row <= last; row++) {
        double error = fit.probabilities()[point] - (clicked[row] ? 1 : 0);
        sum += error * error;
      }
    }
    return sum;
  }

  private static double bestSquares(boolean[] clicked) {
    double best = Double.MAX_VALUE;
    for (int cuts = 0; cuts < 1 << (clicked.length - 1); cuts++) {
      double sum = 0;
      double before = 0;
      boolean increasing = true;
      int start = 0;
      for (int end = 1; end <= clicked.length; end++) {
        if (end == clicked.length || (cuts >> (end - 1) & 1) == 1) {
          double clicks = 0;
          for (int i = start; i < end; i++) {
            clicks += clicked[i] ? 1 : 0;
          }
          double rate = clicks / (end - start);
          sum += clicks * (1 - rate) * (1 - rate) + (end - start - clicks) * rate * rate;
          increasing &= rate >= before;
          before = rate;
          start = end;
        }
      }
      best = increasing ? Math.min(best, sum) : best;
    }
    return best;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
