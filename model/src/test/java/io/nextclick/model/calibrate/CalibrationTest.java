// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class CalibrationTest {

  private static final Offset<Double> EXACT = Offset.offset(1e-12);

  @Test
  void identity_logit_isItsSigmoid() {
    Calibration identity = new Calibration.Identity();
    assertThat(identity.fitted()).isFalse();
    assertThat(identity.probability(0)).isEqualTo(0.5);
    assertThat(identity.probability(Math.log(3))).isCloseTo(0.75, EXACT);
    assertThat(identity.probability(-1e9)).isZero();
    assertThat(identity.probability(1e9)).isEqualTo(1);
  }

  @Test
  void platt_logit_isTheSigmoidOfALine() {
    Calibration platt = new Calibration.Platt(2, -1);
    assertThat(platt.fitted()).isTrue();
    assertThat(platt.probability(0.5)).isEqualTo(0.5);
    assertThat(platt.probability(1)).isCloseTo(1 / (1 + Math.exp(-1)), EXACT);
  }

  @Test
  void platt_slopeNotAboveZero_isRefused() {
    for (double slope : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new Calibration.Platt(slope, 0))
          .hasMessage("slope=" + slope + " is not above 0");
    }
    assertThatThrownBy(() -> new Calibration.Platt(1, Double.NaN))
        .hasMessage("intercept=NaN is not finite");
  }

  @Test
  void isotonic_logit_liesOnTheLinesBetweenThePoints() {
    Calibration isotonic =
        new Calibration.Isotonic(new double[] {-1, 0, 4}, new double[] {0.1, 0.2, 0.6});
    assertThat(isotonic.probability(-9)).isEqualTo(0.1);
    assertThat(isotonic.probability(-1)).isEqualTo(0.1);
    assertThat(isotonic.probability(-0.5)).isCloseTo(0.15, EXACT);
    assertThat(isotonic.probability(0)).isEqualTo(0.2);
    assertThat(isotonic.probability(1)).isCloseTo(0.3, EXACT);
    assertThat(isotonic.probability(9)).isEqualTo(0.6);
  }

  @Test
  void isotonic_badPoints_areRefused() {
    assertThatThrownBy(() -> new Calibration.Isotonic(new double[0], new double[0]))
        .hasMessage("logits=0, probabilities=0 points");
    assertThatThrownBy(() -> new Calibration.Isotonic(new double[] {1, 1}, new double[] {0, 1}))
        .hasMessage("logits[1] does not increase");
    assertThatThrownBy(() -> new Calibration.Isotonic(new double[] {0, 1}, new double[] {1, 0}))
        .hasMessageStartingWith("probabilities[1] decreases");
    assertThatThrownBy(() -> new Calibration.Isotonic(new double[] {0}, new double[] {1.1}))
        .hasMessageStartingWith("probabilities[0] decreases");
    assertThatThrownBy(() -> new Calibration.Isotonic(new double[] {Double.NaN}, new double[1]))
        .hasMessage("logits[0] is not finite");
  }
}
