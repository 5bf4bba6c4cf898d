// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.Parameters;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loss and derivatives against the formulas in double precision, and their differences. */
class SampledLossTest {

  private static final int ITEMS = 40;
  private static final int DIM = 16;
  private static final int STATES = 150; // more than a block
  private static final int NEGATIVES = 11;
  private static final double CALIBRATION = 0.7;
  private static final int[] OWN = {3, 4, 17};

  private final SplittableRandom random = new SplittableRandom(20261201);
  private final int[] targets = random.ints(STATES, 1, ITEMS + 1).toArray();

  /** All that the loss reads, with room to change it. */
  private record Weights(float[] states, float[] embedding, float[] bias) {}

  @ParameterizedTest
  @CsvSource({
    "scalar, SOFTMAX, uniform", "vector, SOFTMAX, uniform",
    "scalar, SOFTMAX, popularity", "vector, SOFTMAX, popularity",
    "scalar, GBCE, uniform", "vector, GBCE, uniform"
  })
  void run_anyKind_derivativesAreDifferences(
      String kernel, SampledLoss.Kind kind, String negatives) {
    TrainingKernels kernels =
        kernel.equals("scalar") ? TrainingKernels.scalar() : TrainingKernels.best();
    EncoderConfig config =
        EncoderConfig.builder(ITEMS, Scoring.DOT).width(DIM, 16).layers(1, 1).history(10).build();
    Parameters parameters = Parameters.initial(config.tensors(), 0.5, 5);
    float[] bias = parameters.get("item.bias");
    for (int i = 0; i <= ITEMS; i++) {
      bias[i] = (float) random.nextGaussian();
    }
    var shared = SharedWeights.of(kernels, config, parameters, ItemTable.of(config.parts(), ITEMS));
    shared.renew();
    NegativeSampler sampler = sampler(negatives);
    var loss = new SampledLoss(kernels, shared.items(), DIM, kind, sampler, CALIBRATION, bias);
    loss.draw(new SplittableRandom(9));
    int[] rows = new int[sampler.most()];
    float[] shifts = new float[sampler.most()];
    int drawn = sampler.draw(new SplittableRandom(9), rows, shifts);
    rows = Arrays.copyOf(rows, drawn);

    float[] states = new float[STATES * DIM + TrainingKernels.SLACK];
    for (int i = 0; i < STATES * DIM; i++) {
      states[i] = (float) random.nextGaussian();
    }
    float[] dStates = new float[states.length];
    var gradient = new Gradient(parameters);
    int[][] exclude = new int[STATES][];
    Arrays.fill(exclude, OWN);
    double sum = loss.run(states, STATES, targets, exclude, dStates, gradient);

    var weights = new Weights(states, parameters.get("item.embedding"), bias);
    int[] sample = rows;
    ToDoubleFunction<Weights> formula =
        kind == SampledLoss.Kind.SOFTMAX ? w -> softmax(w, sample, shifts) : w -> gbce(w, sample);
    double expected = formula.applyAsDouble(weights);
    assertThat(sum).isCloseTo(expected, within(1e-5 * expected));
    check("states", states, STATES * DIM, dStates, weights, formula);
    check(
        "embedding",
        weights.embedding,
        (ITEMS + 1) * DIM,
        gradient.get("item.embedding"),
        weights,
        formula);
    check("bias", bias, ITEMS + 1, gradient.get("item.bias"), weights, formula);
  }

  private static NegativeSampler sampler(String negatives) {
    int[] counts = new int[ITEMS + 1];
    Arrays.setAll(counts, i -> i == 0 ? 0 : 200 / i);
    return negatives.equals("uniform")
        ? new UniformSampler(ITEMS, NEGATIVES)
        : new PopularitySampler(counts, 0.5, NEGATIVES);
  }

  private void check(
      String name,
      float[] x,
      int size,
      float[] derivative,
      Weights weights,
      ToDoubleFunction<Weights> formula) {
    for (int place = 0; place < 30; place++) {
      int at = random.nextInt(size);
      float kept = x[at];
      x[at] = kept + 1e-2f;
      double above = formula.applyAsDouble(weights);
      float right = x[at];
      x[at] = kept - 1e-2f;
      double slope = (above - formula.applyAsDouble(weights)) / ((double) right - x[at]);
      x[at] = kept;
      assertThat((double) derivative[at])
          .as("%s[%d]", name, at)
          .isCloseTo(slope, within(1e-3 + 2e-3 * Math.abs(slope)));
    }
  }

  private static double logit(Weights w, int state, int row) {
    double sum = w.bias[row];
    for (int d = 0; d < DIM; d++) {
      sum += (double) w.states[state * DIM + d] * w.embedding[row * DIM + d];
    }
    return sum;
  }

  private boolean negative(int state, int row) {
    return row != targets[state] && Arrays.binarySearch(OWN, row) < 0;
  }

  /** The target as it is; a negative as many times as it is unlikely. */
  private double softmax(Weights w, int[] rows, float[] shifts) {
    double loss = 0;
    for (int s = 0; s < STATES; s++) {
      double target = logit(w, s, targets[s]);
      double total = Math.exp(target);
      for (int i = 0; i < rows.length; i++) {
        total += negative(s, rows[i]) ? Math.exp(logit(w, s, rows[i]) + shifts[i]) : 0;
      }
      loss += Math.log(total) - target;
    }
    return loss;
  }

  private double gbce(Weights w, int[] rows) {
    double rate = NEGATIVES / (ITEMS - 1.0);
    double beta = rate * (CALIBRATION * (1 - 1 / rate) + 1 / rate);
    double loss = 0;
    for (int s = 0; s < STATES; s++) {
      double sum = beta * Math.log1p(Math.exp(-logit(w, s, targets[s])));
      for (int row : rows) {
        sum += negative(s, row) ? Math.log1p(Math.exp(logit(w, s, row))) : 0;
      }
      loss += sum / (rows.length + 1);
    }
    return loss;
  }
}
