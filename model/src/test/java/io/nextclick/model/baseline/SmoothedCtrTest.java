// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SmoothedCtrTest {

  private static final Offset<Double> CLOSE = within(1e-12);

  @Test
  void logit_countedAndUnseenKeys_followTheFormula() {
    var rates = new SmoothedCtr();
    rates.add("u", "i", "home", true);
    rates.add("u", "j", "home", true);
    rates.add("v", "i", "home", false);
    rates.add("v", "j", "search", false);
    double user = logit((2 + 5 * 0.5) / (2 + 5));
    double item = logit((1 + 20 * 0.5) / (2 + 20));
    double surface = logit((2 + 50 * 0.5) / (3 + 50));
    assertThat(rates.logit("u", "i", "home")).isEqualTo(user + item + surface, CLOSE);
    assertThat(rates.logit("new", "new", "new")).isEqualTo(0, CLOSE);
    assertThat(rates.knowsUser("u")).isTrue();
    assertThat(rates.knowsItem("new")).isFalse();
    assertThat(rates.rows()).isEqualTo(4);
  }

  @Test
  void logit_baseOffTheHalf_isTakenOffTwice() {
    var rates = new SmoothedCtr();
    rates.add("u", "i", "s", true);
    rates.add("v", "j", "t", false);
    rates.add("v", "j", "t", false);
    rates.add("v", "j", "t", false);
    double user = logit((1 + 5 * 0.25) / 6);
    double item = logit((1 + 20 * 0.25) / 21);
    double surface = logit((1 + 50 * 0.25) / 51);
    assertThat(rates.logit("u", "i", "s"))
        .isEqualTo(user + item + surface - 2 * logit(0.25), CLOSE);
  }

  @Test
  void logit_clicksOnlyOrNothing_isFinite() {
    var rates = new SmoothedCtr();
    assertThat(rates.logit("u", "i", "s")).isZero();
    rates.add("u", "i", "s", true);
    assertThat(rates.logit("u", "i", "s")).isFinite();
  }

  private static double logit(double p) {
    return Math.log(p / (1 - p));
  }
}
