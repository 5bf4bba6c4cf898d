// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.model.kernel.TrainingKernels;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DropoutTest {

  private static final int LENGTH = 100_003;

  @Test
  void apply_rate_dropsThatShareAndKeepsTheMean() {
    float[] x = ones();
    new Dropout(TrainingKernels.best(), 0.3, 5).apply(x, 0, LENGTH, 1);
    long dropped = 0;
    double sum = 0;
    for (float value : x) {
      dropped += value == 0 ? 1 : 0;
      sum += value;
    }
    assertThat((double) dropped / LENGTH).isCloseTo(0.3, within(0.01));
    assertThat(sum / LENGTH).isCloseTo(1, within(0.015));
  }

  @Test
  void apply_sameKeyAndSite_dropsTheSamePlacesAgain() {
    float[] forward = ones();
    float[] backward = ones();
    var dropout = new Dropout(TrainingKernels.best(), 0.5, 5);
    dropout.apply(forward, 0, LENGTH, 1);
    dropout.apply(backward, 0, LENGTH, 1);
    assertThat(backward).isEqualTo(forward);
    float[] otherSite = ones();
    dropout.apply(otherSite, 0, LENGTH, 2);
    assertThat(otherSite).isNotEqualTo(forward);
    float[] otherKey = ones();
    new Dropout(TrainingKernels.best(), 0.5, 6).apply(otherKey, 0, LENGTH, 1);
    assertThat(otherKey).isNotEqualTo(forward);
  }

  @Test
  void apply_partOfAnArray_leavesTheRest() {
    float[] x = ones();
    new Dropout(TrainingKernels.best(), 0.5, 5).apply(x, 10, 7, 1);
    assertThat(Arrays.copyOf(x, 10)).containsOnly(1);
    assertThat(Arrays.copyOfRange(x, 17, 100)).containsOnly(1);
  }

  @Test
  void apply_scalarAndVector_dropTheSamePlaces() {
    for (int length : new int[] {1, 15, 16, 17, 31, 100, 1_003}) {
      for (long key = 1; key <= 20; key++) {
        float[] scalar = ones();
        float[] vector = ones();
        new Dropout(TrainingKernels.scalar(), 0.3, key).apply(scalar, 3, length, key * 7);
        new Dropout(TrainingKernels.best(), 0.3, key).apply(vector, 3, length, key * 7);
        assertThat(vector).as("length %d, key %d", length, key).isEqualTo(scalar);
      }
    }
  }

  private static float[] ones() {
    float[] x = new float[LENGTH];
    Arrays.fill(x, 1);
    return x;
  }
}
