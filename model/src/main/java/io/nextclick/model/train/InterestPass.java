// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.kernel.TrainingKernels;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The long-term interest of every visit of a batch, forward and backward: the recurrence {@code
 * h(v+1) = a h(v) + s(v)}, where {@code s(v)} is the sum of the items acted on in visit {@code v},
 * the same for their number {@code n}, and {@code W (h / (1 + n)) + b}.
 */
final class InterestPass {

  /** Its weights, as all passes over a step's shards share them. */
  record Weights(
      float[] logits, // (dim) of decay
      float[] decay, // (dim)
      float[] logarithms, // (actions) of action; empty if actions are not read
      float[] action, // (actions)
      LinearPass map) { // dim -> dim

    /** Those of a model, or null if it has no such part. */
    static @Nullable Weights of(TrainingKernels kernels, Parameters parameters) {
      int dim = parameters.config().dim();
      int actions = parameters.config().actions();
      return parameters.config().interest()
          ? new Weights(
              parameters.get("interest.decay"),
              new float[dim],
              actions == 0 ? new float[0] : parameters.get("interest.action"),
              new float[actions],
              new LinearPass(kernels, parameters, "interest", dim, dim))
          : null;
    }

    /** Takes new weights in. */
    void renew() {
      map.renew();
      for (int d = 0; d < decay.length; d++) {
        decay[d] = (float) (1 / (1 + Math.exp(-logits[d])));
      }
      for (int a = 0; a < action.length; a++) {
        action[a] = (float) Math.exp(logarithms[a]);
      }
    }
  }

  private final ItemVectors items;
  private final Weights weights;
  private final int dim;
  private final float[] turned;
  private final float[] vector;
  private int[] first = {}; // (sequences + 1) the row of each sequence's first visit
  private int rows;
  private float[] sum = {}; // (rows, dim) h
  private float[] count = {}; // (rows, dim) n
  private float[] mean = {}; // (rows, dim)
  private float[] out = {}; // (rows, dim)
  private float[] dOut = {}; // (rows, dim)
  private float[] dMean = {}; // (rows, dim)

  InterestPass(ItemVectors items, int dim, Weights weights) {
    this.items = items;
    this.dim = dim;
    this.weights = weights;
    this.vector = new float[dim + TrainingKernels.SLACK];
    this.turned = new float[weights.map.scratch() + TrainingKernels.SLACK];
  }

  /** (visits, dim) of the last {@link #forward}. */
  float[] out() {
    return out;
  }

  /** Receives the derivatives by {@link #out}. */
  float[] dOut() {
    return dOut;
  }

  /** Where the interest of a candidate lies. */
  int at(PackedBatch batch, int c) {
    return (first[batch.shown().sequence()[c]] + batch.shown().visit()[c]) * dim;
  }

  void forward(PackedBatch batch) {
    first = new int[batch.sequences() + 1];
    for (int s = 0; s < batch.sequences(); s++) {
      // One more than there are: a request may begin one.
      first[s + 1] = first[s] + batch.visits()[batch.start()[s + 1] - 1] + 2;
    }
    rows = first[batch.sequences()];
    int size = rows * dim;
    sum = Scratch.room(sum, size);
    count = Scratch.room(count, size);
    mean = Scratch.room(mean, size);
    out = Scratch.room(out, size);
    dOut = Scratch.room(dOut, size);
    dMean = Scratch.room(dMean, size);
    Arrays.fill(sum, 0, size, 0);
    Arrays.fill(count, 0, size, 0);
    Arrays.fill(dOut, 0, size, 0);
    for (int s = 0; s < batch.sequences(); s++) {
      sums(batch, s);
    }
    for (int i = 0; i < size; i++) {
      mean[i] = sum[i] / (1 + count[i]);
    }
    weights.map.forward(mean, rows, out);
  }

  /** The recurrence over one sequence's visits. */
  private void sums(PackedBatch batch, int s) {
    float[] decay = weights.decay;
    int t = batch.start()[s];
    for (int row = first[s]; row < first[s + 1] - 1; row++) {
      int next = (row + 1) * dim;
      for (int d = 0; d < dim; d++) {
        sum[next + d] = decay[d] * sum[row * dim + d];
        count[next + d] = decay[d] * count[row * dim + d];
      }
      for (; t < batch.start()[s + 1] && batch.visits()[t] == row - first[s]; t++) {
        if (counts(batch, t)) {
          items.copy(batch.items()[t], batch.unknown()[t], vector, 0);
          float own = weight(batch, t);
          for (int d = 0; d < dim; d++) {
            sum[next + d] += own * vector[d];
            count[next + d] += own;
          }
        }
      }
    }
  }

  private static boolean counts(PackedBatch batch, int t) {
    return batch.items()[t] != PackedBatch.START && batch.actions()[t] != FoldSettings.IMPRESSION;
  }

  private void actionBackward(
      PackedBatch batch, int t, float own, float[] dSum, float[] dCount, Gradient gradient) {
    int actions = weights.action.length;
    if (actions > 0) {
      items.copy(batch.items()[t], batch.unknown()[t], vector, 0);
      double slope = 0;
      for (int d = 0; d < dim; d++) {
        slope += dSum[d] * vector[d] + dCount[d];
      }
      int action = Math.min(batch.actions()[t], actions - 1);
      gradient.get("interest.action")[action] += (float) (own * slope);
    }
  }

  private float weight(PackedBatch batch, int t) {
    int actions = weights.action.length;
    return actions == 0 ? 1 : weights.action[Math.min(batch.actions()[t], actions - 1)];
  }

  /** From {@link #dOut} to the weights and the items. */
  void backward(PackedBatch batch, Gradient gradient) {
    weights.map.backward(mean, dOut, rows, dMean, false, gradient, turned);
    for (int s = 0; s < batch.sequences(); s++) {
      sumsBackward(batch, s, gradient);
    }
  }

  /** The recurrence backward: from the newest visit to the oldest. */
  private void sumsBackward(PackedBatch batch, int s, Gradient gradient) {
    float[] dDecay = gradient.get("interest.decay");
    float[] decay = weights.decay;
    float[] dSum = new float[dim + TrainingKernels.SLACK];
    float[] dCount = new float[dim];
    int t = batch.start()[s + 1] - 1;
    for (int row = first[s + 1] - 1; row > first[s]; row--) {
      int at = row * dim;
      int before = at - dim;
      for (int d = 0; d < dim; d++) {
        float share = dMean[at + d] / (1 + count[at + d]);
        dSum[d] += share;
        dCount[d] -= share * mean[at + d];
      }
      for (; t >= batch.start()[s] && batch.visits()[t] == row - 1 - first[s]; t--) {
        if (counts(batch, t)) {
          float own = weight(batch, t);
          items.add(batch.items()[t], batch.unknown()[t], dSum, 0, own, gradient);
          actionBackward(batch, t, own, dSum, dCount, gradient);
        }
      }
      for (int d = 0; d < dim; d++) {
        float slope = dSum[d] * sum[before + d] + dCount[d] * count[before + d];
        dDecay[d] += decay[d] * (1 - decay[d]) * slope;
        dSum[d] *= decay[d];
        dCount[d] *= decay[d];
      }
    }
  }
}
