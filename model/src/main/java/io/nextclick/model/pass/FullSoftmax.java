// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.weights.Gradient;
import java.util.Arrays;

/**
 * Softmax cross-entropy over the whole catalogue: {@code log sum exp(z . v) - z . v[target]}.
 *
 * <p>Items that a user meets elsewhere in the sequence may be left out of the sum: they are no
 * negatives.
 */
public final class FullSoftmax implements NextItemLoss {

  /*
   * Logits lie turned, items down and states across: then the sums of the softmax run down the
   * lanes, and both derivatives are plain products.
   *
   *   L = V Z^T       P = softmax of each column, less the target's one
   *   dV = P Z        dZ^T = V^T P
   */

  private static final int BLOCK = 64;

  private final TrainingKernels kernels;
  private final ItemVectors items;
  private final int dim;
  private final float smoothing;
  private final float[] bias; // (items + 1), or empty
  private float[] transposedStates = {}; // (dim, BLOCK)
  private float[] logits = {}; // (items, BLOCK)
  private float[] dTransposed = {}; // (dim, BLOCK)
  private final float[] logSum = new float[BLOCK];
  private final float[] share = new float[BLOCK]; // of each item that is not excluded
  private final float[] ones = new float[BLOCK];

  /**
   * A loss with weights of its own memory.
   *
   * @param smoothing share of the target's probability that is spread over all items that are not
   *     excluded
   * @param bias (items + 1) added to the logits, or empty
   */
  public FullSoftmax(
      TrainingKernels kernels, ItemVectors items, int dim, double smoothing, float[] bias) {
    this.kernels = kernels;
    this.items = items;
    this.dim = dim;
    this.smoothing = (float) smoothing;
    this.bias = bias;
    Arrays.fill(ones, 1);
  }

  @Override
  public double run(
      float[] states,
      int count,
      int[] targets,
      int[][] exclude,
      float[] dStates,
      Gradient gradient) {
    transposedStates = ensureCapacity(transposedStates, dim * BLOCK);
    dTransposed = ensureCapacity(dTransposed, dim * BLOCK);
    logits = ensureCapacity(logits, items.items() * BLOCK);
    double loss = 0;
    for (int from = 0; from < count; from += BLOCK) {
      loss +=
          block(states, from, Math.min(BLOCK, count - from), targets, exclude, dStates, gradient);
    }
    return loss;
  }

  private double block(
      float[] states,
      int from,
      int rows,
      int[] targets,
      int[][] exclude,
      float[] dStates,
      Gradient gradient) {
    int all = items.items();
    kernels.transpose(states, from * dim, dim, rows, dim, transposedStates, 0, BLOCK);
    kernels.product(
        items.vectors(),
        dim,
        dim,
        transposedStates,
        0,
        BLOCK,
        logits,
        0,
        BLOCK,
        all,
        dim,
        rows,
        false);
    for (int i = 0; i < all && bias.length > 0; i++) {
      addToRow(i, rows, bias[i + 1]);
    }
    double loss = 0;
    for (int r = 0; r < rows; r++) {
      int target = targets[from + r];
      float logit = logits[(target - 1) * BLOCK + r];
      for (int item : exclude[from + r]) {
        logits[(item - 1) * BLOCK + r] = Float.NEGATIVE_INFINITY;
      }
      logits[(target - 1) * BLOCK + r] = logit;
      loss -= (1 - smoothing) * logit;
      if (smoothing > 0) {
        share[r] = smoothing / left(exclude[from + r], target);
        loss -= share[r] * sumOfLogits(r);
      }
    }
    kernels.softmaxColumns(logits, all, rows, BLOCK, logSum);
    for (int r = 0; r < rows; r++) {
      loss += logSum[r];
      logits[(targets[from + r] - 1) * BLOCK + r] -= 1 - smoothing;
    }
    if (smoothing > 0) {
      smoothSlopes(from, rows, targets, exclude);
    }
    kernels.product(
        logits,
        0,
        BLOCK,
        states,
        from * dim,
        dim,
        items.gradientOfAll(gradient),
        dim,
        dim,
        all,
        rows,
        dim,
        true);
    kernels.product(
        items.transposed(), 0, all, logits, 0, BLOCK, dTransposed, 0, BLOCK, dim, all, rows, false);
    kernels.transpose(dTransposed, 0, BLOCK, dim, rows, dStates, from * dim, dim);
    if (bias.length > 0) {
      biasBackward(rows, gradient.get("item.bias"));
    }
    return loss;
  }

  /** Items that are not excluded. */
  private int left(int[] exclude, int target) {
    boolean asked = Arrays.binarySearch(exclude, target) >= 0;
    return items.items() - exclude.length + (asked ? 1 : 0);
  }

  private double sumOfLogits(int r) {
    double sum = 0;
    for (int i = 0; i < items.items(); i++) {
      float logit = logits[i * BLOCK + r];
      sum += logit == Float.NEGATIVE_INFINITY ? 0 : logit;
    }
    return sum;
  }

  private void smoothSlopes(int from, int rows, int[] targets, int[][] exclude) {
    for (int i = 0; i < items.items(); i++) {
      for (int r = 0; r < rows; r++) {
        logits[i * BLOCK + r] -= share[r];
      }
    }
    for (int r = 0; r < rows; r++) {
      for (int item : exclude[from + r]) {
        if (item != targets[from + r]) {
          logits[(item - 1) * BLOCK + r] = 0;
        }
      }
    }
  }

  private void addToRow(int row, int length, float value) {
    for (int r = 0; r < length; r++) {
      logits[row * BLOCK + r] += value;
    }
  }

  private void biasBackward(int rows, float[] dBias) {
    for (int i = 0; i < items.items(); i++) {
      dBias[i + 1] += kernels.dot(logits, i * BLOCK, ones, 0, rows);
    }
  }
}
