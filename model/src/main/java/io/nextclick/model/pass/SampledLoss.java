// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.weights.Gradient;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Losses against a sample of the catalogue that all states of a batch's part share, so that the
 * logits are a matrix product.
 *
 * <p>{@link Kind#SOFTMAX} is softmax cross-entropy over target and negatives, where each negative
 * stands for as many items as it was unlikely to be drawn (the correction by log Q: Bengio and
 * Senécal, IEEE TNN 19(4), 2008). The target was not drawn: it is there always, is not corrected,
 * and is no negative of its own (arXiv 2507.09331). {@link Kind#GBCE} is gBCE (Petrov and
 * Macdonald, RecSys 2023, arXiv 2308.07192, equations 8 and 9), which corrects the target instead.
 */
public final class SampledLoss implements NextItemLoss {

  /** Which loss. */
  public enum Kind {
    SOFTMAX,
    GBCE
  }

  private static final int BLOCK = 128;

  private final TrainingKernels kernels;
  private final ItemVectors items;
  private final int dim;
  private final Kind kind;
  private final NegativeSampler sampler;
  private final double beta; // exponent of the target's probability in gBCE
  private final float[] bias; // (items + 1), or empty
  private final int[] sample; // the rows drawn, and behind them what is of no account
  private final float[] shifts; // added to the negatives' logits
  private int negatives; // how many were drawn
  private float[] vectors = {}; // (negatives, dim)
  private float[] turnedVectors = {}; // (dim, negatives)
  private float[] transposedStates = {}; // (dim, BLOCK)
  private float[] logits = {}; // (negatives + 1, BLOCK); the last row is the target
  private float[] dTransposed = {}; // (dim, BLOCK)
  private float[] dVectors = {}; // (negatives, dim)
  private final float[] logSum = new float[BLOCK];

  /**
   * A loss on drawn negatives.
   *
   * @param sampler draws the negatives of a batch part; for gBCE, from all items alike
   * @param calibration gBCE's t, from 0 for plain BCE to 1 for calibrated probabilities
   * @param bias (items + 1) added to the logits, or empty
   */
  public SampledLoss(
      TrainingKernels kernels,
      ItemVectors items,
      int dim,
      Kind kind,
      NegativeSampler sampler,
      double calibration,
      float[] bias) {
    this.kernels = kernels;
    this.items = items;
    this.dim = dim;
    this.kind = kind;
    this.sampler = sampler;
    double rate = sampler.most() / (items.items() - 1.0);
    this.beta = rate * (calibration * (1 - 1 / rate) + 1 / rate);
    this.bias = bias;
    this.sample = new int[sampler.most()];
    this.shifts = new float[sampler.most()];
  }

  /** Draws the negatives of the next run. */
  public void draw(SplittableRandom random) {
    negatives = sampler.draw(random, sample, shifts);
    if (kind == Kind.GBCE) {
      Arrays.fill(shifts, 0);
    }
  }

  @Override
  public double run(
      float[] states,
      int count,
      int[] targets,
      int[][] exclude,
      float[] dStates,
      Gradient gradient) {
    gather();
    double loss = 0;
    for (int from = 0; from < count; from += BLOCK) {
      int rows = Math.min(BLOCK, count - from);
      loss += block(states, from, rows, targets, exclude, dStates, gradient);
    }
    for (int i = 0; i < negatives; i++) {
      items.add(sample[i], false, dVectors, i * dim, 1, gradient);
    }
    return loss;
  }

  private void gather() {
    vectors = ensureCapacity(vectors, negatives * dim);
    turnedVectors = ensureCapacity(turnedVectors, negatives * dim);
    dVectors = ensureCapacity(dVectors, negatives * dim);
    transposedStates = ensureCapacity(transposedStates, dim * BLOCK);
    dTransposed = ensureCapacity(dTransposed, dim * BLOCK);
    logits = ensureCapacity(logits, (negatives + 1) * BLOCK);
    for (int i = 0; i < negatives; i++) {
      items.copy(sample[i], false, vectors, i * dim);
    }
    kernels.transpose(vectors, 0, dim, negatives, dim, turnedVectors, 0, negatives);
    Arrays.fill(dVectors, 0, negatives * dim, 0);
  }

  private double block(
      float[] states,
      int from,
      int rows,
      int[] targets,
      int[][] exclude,
      float[] dStates,
      Gradient gradient) {
    kernels.transpose(states, from * dim, dim, rows, dim, transposedStates, 0, BLOCK);
    kernels.product(
        vectors, 0, dim, transposedStates, 0, BLOCK, logits, 0, BLOCK, negatives, dim, rows, false);
    int target = negatives * BLOCK;
    for (int r = 0; r < rows; r++) {
      int row = targets[from + r];
      logits[target + r] =
          kernels.dot(states, (from + r) * dim, items.vectors(), row * dim, dim) + bias(row);
    }
    maskAndCorrect(from, rows, targets, exclude);
    double loss = kind == Kind.SOFTMAX ? softmax(rows) : gbce(rows);
    kernels.product(
        logits, 0, BLOCK, states, from * dim, dim, dVectors, 0, dim, negatives, rows, dim, true);
    kernels.product(
        turnedVectors,
        0,
        negatives,
        logits,
        0,
        BLOCK,
        dTransposed,
        0,
        BLOCK,
        dim,
        negatives,
        rows,
        false);
    kernels.transpose(dTransposed, 0, BLOCK, dim, rows, dStates, from * dim, dim);
    for (int r = 0; r < rows; r++) {
      int row = targets[from + r];
      float slope = logits[target + r];
      kernels.addScaled(dStates, (from + r) * dim, items.vectors(), row * dim, dim, slope);
      items.add(row, false, states, (from + r) * dim, slope, gradient);
    }
    biasBackward(from, rows, targets, gradient);
    return loss;
  }

  private float bias(int row) {
    return bias.length == 0 ? 0 : bias[row];
  }

  private void maskAndCorrect(int from, int rows, int[] targets, int[][] exclude) {
    for (int i = 0; i < negatives; i++) {
      float shift = shifts[i] + bias(sample[i]);
      for (int r = 0; r < rows; r++) {
        boolean masked =
            sample[i] == targets[from + r]
                || Arrays.binarySearch(exclude[from + r], sample[i]) >= 0;
        float logit = logits[i * BLOCK + r] + shift;
        logits[i * BLOCK + r] = masked ? Float.NEGATIVE_INFINITY : logit;
      }
    }
  }

  /** Turns logits into slopes. */
  private double softmax(int rows) {
    double loss = 0;
    int target = negatives * BLOCK;
    for (int r = 0; r < rows; r++) {
      loss -= logits[target + r];
    }
    kernels.softmaxColumns(logits, negatives + 1, rows, BLOCK, logSum);
    for (int r = 0; r < rows; r++) {
      loss += logSum[r];
      logits[target + r] -= 1;
    }
    return loss;
  }

  /**
   * Turns logits into slopes: {@code -(beta log s(target) + sum log(1 - s(negative))) / (n + 1)}.
   */
  private double gbce(int rows) {
    double loss = 0;
    double share = 1.0 / (negatives + 1);
    for (int i = 0; i <= negatives; i++) {
      for (int r = 0; r < rows; r++) {
        int at = i * BLOCK + r;
        double logit = i == negatives ? -logits[at] : logits[at];
        double wrong = 1 / (1 + Math.exp(-logit));
        double weight = i == negatives ? beta : 1;
        loss += share * weight * (logit > 30 ? logit : Math.log1p(Math.exp(logit)));
        logits[at] = (float) (share * weight * (i == negatives ? -wrong : wrong));
      }
    }
    return loss;
  }

  private void biasBackward(int from, int rows, int[] targets, Gradient gradient) {
    if (bias.length == 0) {
      return;
    }
    float[] dBias = gradient.get("item.bias");
    for (int i = 0; i <= negatives; i++) {
      for (int r = 0; r < rows; r++) {
        dBias[i == negatives ? targets[from + r] : sample[i]] += logits[i * BLOCK + r];
      }
    }
  }
}
