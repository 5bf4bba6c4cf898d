// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MixFitTest {

  private static final int FEATURES = 3;
  private static final double[] START = {1, 0, 0};
  private static final double STEP = 1e-5;

  private final SplittableRandom random = new SplittableRandom(20261130);

  @Test
  void add_anySample_derivativesAreDifferences() {
    for (int i = 0; i < 20; i++) {
      for (MixFit.Sample sample : List.of(choice(0, 1 + random.nextInt(9), START), click(0))) {
        double[] w = {random.nextGaussian(), random.nextGaussian(), random.nextGaussian()};
        double[] gradient = new double[FEATURES];
        double[] hessian = new double[FEATURES * FEATURES];
        sample.add(w, gradient, hessian);
        for (int a = 0; a < FEATURES; a++) {
          double[] right = w.clone();
          double[] left = w.clone();
          right[a] += STEP;
          left[a] -= STEP;
          double[] above = new double[FEATURES];
          double[] below = new double[FEATURES];
          double change =
              sample.add(right, above, new double[FEATURES * FEATURES])
                  - sample.add(left, below, new double[FEATURES * FEATURES]);
          assertThat(change / (2 * STEP)).isCloseTo(gradient[a], within(1e-6));
          for (int b = a; b < FEATURES; b++) {
            assertThat((above[b] - below[b]) / (2 * STEP))
                .isCloseTo(hessian[b * FEATURES + a], within(1e-5));
          }
        }
      }
    }
  }

  /** A class that chooses otherwise has weights of its own; one without samples the shared ones. */
  @Test
  void fit_classesThatChooseOtherwise_areToldApart() {
    double[] first = {1, 2, 0};
    double[] second = {0, -1, 1};
    List<MixFit.Choice> choices = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      choices.add(i % 2 == 0 ? choice(0, 6, first) : choice(1, 6, second));
    }
    double[][] weights = MixFit.fit(choices, 3, START);
    for (int f = 0; f < FEATURES; f++) {
      assertThat(weights[0][f]).isCloseTo(first[f], within(0.2));
      assertThat(weights[1][f]).isCloseTo(second[f], within(0.2));
      assertThat(weights[2][f]).isBetween(-1.0, 2.0);
    }
    assertThat(MixFit.fit(choices, 3, START)).isDeepEqualTo(weights);
  }

  @Test
  void fit_nothingToFitTo_startsAndStays() {
    assertThat(MixFit.fit(List.of(), 2, START)).isDeepEqualTo(new double[][] {START, START});
    var same = new MixFit.Choice(0, new float[] {0, 0, 0, 0, 0, 0}, new float[] {1, 1});
    assertThat(MixFit.fit(List.of(same), 1, START)[0]).containsExactly(START, within(1e-9));
  }

  /** A row that stands for many is as many rows. */
  @Test
  void add_rowThatStandsForThree_isThreeRows() {
    float[] once = {1, 2, 0, 0.5f, 1, 1};
    float[] thrice = {1, 2, 0, 0.5f, 1, 1, 0.5f, 1, 1, 0.5f, 1, 1};
    double[] gradient = new double[FEATURES];
    double[] gradients = new double[FEATURES];
    double loss =
        new MixFit.Choice(0, once, new float[] {1, 3})
            .add(START, gradient, new double[FEATURES * FEATURES]);
    double losses =
        new MixFit.Choice(0, thrice, new float[] {1, 1, 1, 1})
            .add(START, gradients, new double[FEATURES * FEATURES]);
    assertThat(loss).isCloseTo(losses, within(1e-9));
    assertThat(gradient).containsExactly(gradients, within(1e-9));
  }

  /** Of some rows the one that the weights choose. */
  private MixFit.Choice choice(int ofClass, int rows, double[] weights) {
    float[] features = new float[rows * FEATURES];
    float[] counts = new float[rows];
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int r = 0; r < rows; r++) {
      counts[r] = 1;
      double s = -Math.log(-Math.log(random.nextDouble()));
      for (int f = 0; f < FEATURES; f++) {
        features[r * FEATURES + f] = (float) random.nextGaussian();
        s += weights[f] * features[r * FEATURES + f];
      }
      best = s > most ? r : best;
      most = Math.max(s, most);
    }
    for (int f = 0; f < FEATURES; f++) {
      float chosen = features[best * FEATURES + f];
      features[best * FEATURES + f] = features[f];
      features[f] = chosen;
    }
    return new MixFit.Choice(ofClass, features, counts);
  }

  private MixFit.Click click(int ofClass) {
    float[] features = new float[FEATURES];
    for (int f = 0; f < FEATURES; f++) {
      features[f] = (float) random.nextGaussian();
    }
    return new MixFit.Click(ofClass, features, random.nextBoolean());
  }
}
