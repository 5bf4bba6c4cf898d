// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.ModelPart.Training;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.TouchedRows;
import java.util.ArrayList;
import java.util.List;

/**
 * What stands for each item: its row of the embedding, and what parts add to it, such as its
 * attributes. A bundle holds these sums, so that serving looks attributes up for unknown items
 * alone.
 */
public final class ItemVectors {

  private static final String ITEMS = "item.embedding";

  private final TrainingKernels kernels;
  private final int dim;
  private final int items;
  private final float[] embedding; // (items + 1, dim)
  private final List<TrainingStep.ItemVector> steps = new ArrayList<>();
  private final float[] vectors; // (items + 1, dim); the embedding itself if no part adds to it
  private float[] transposed = {}; // (dim, items)

  /**
   * Of a model in training.
   *
   * @param table what the parts know of the items
   */
  public ItemVectors(Training training, ItemTable table) {
    this.kernels = training.kernels();
    this.dim = training.config().dim();
    this.items = training.config().items();
    this.embedding = training.get(ITEMS);
    for (ModelPart part : training.config().parts().all()) {
      ItemTable.Facts facts = table.of(part);
      TrainingStep.ItemVector step = facts == null ? null : part.itemStep(training, facts);
      if (step != null) {
        steps.add(step);
      }
    }
    this.vectors = steps.isEmpty() ? embedding : new float[embedding.length];
  }

  /** What computes. */
  TrainingKernels kernels() {
    return kernels;
  }

  /** Items with a row of their own. */
  public int items() {
    return items;
  }

  /** (items + 1, dim) as of the last {@link #renewAll} or {@link #renew}. */
  public float[] vectors() {
    return vectors;
  }

  /** (dim, items) of all but row 0, as of the last {@link #transpose}, at a stride of items. */
  public float[] transposed() {
    return transposed;
  }

  /** Takes new weights in, for all items. */
  public void renewAll() {
    for (int row = 0; row <= items; row++) {
      renew(row);
    }
  }

  /** Turns all vectors, for who multiplies with them. */
  public void transpose() {
    transposed = TrainingKernels.ensureCapacity(transposed, dim * items);
    kernels.transpose(vectors, dim, dim, items, dim, transposed, 0, items);
  }

  /** Takes new weights in, for one item. */
  private void renew(int row) {
    if (steps.isEmpty()) {
      return;
    }
    System.arraycopy(embedding, row * dim, vectors, row * dim, dim);
    for (TrainingStep.ItemVector step : steps) {
      step.add(row, vectors, row * dim);
    }
  }

  /** Copies an item's vector to {@code x[at]}, as of a new item if it is to be {@code unknown}. */
  public void copy(int row, boolean unknown, float[] x, int at) {
    System.arraycopy(vectors, row * dim, x, at, dim);
    if (unknown) {
      kernels.addScaled(x, at, embedding, row * dim, dim, -1);
      kernels.addScaled(x, at, embedding, 0, dim, 1);
    }
  }

  /** Adds {@code factor * slope[at]} to the gradient of an item's vector. */
  public void add(
      int row, boolean unknown, float[] slope, int at, float factor, Gradient gradient) {
    kernels.addScaled(
        gradient.row(ITEMS, unknown ? 0 : row), (unknown ? 0 : row) * dim, slope, at, dim, factor);
    if (unknown) {
      backward(row, slope, at, factor, gradient);
    }
  }

  /** The gradient of all vectors (items + 1, dim), for who touches every row. */
  public float[] gradientOfAll(Gradient gradient) {
    return gradient.allRows(ITEMS);
  }

  /** Carries the gradient of the items' vectors on to their parts; last of all. */
  public void finish(Gradient gradient) {
    TouchedRows touched = gradient.touched(ITEMS);
    if (steps.isEmpty() || touched == null) {
      return;
    }
    int count = touched.all() ? items : touched.count();
    for (int i = 0; i < count; i++) {
      int row = touched.all() ? i + 1 : touched.row(i);
      backward(row, gradient.get(ITEMS), row * dim, 1, gradient);
    }
  }

  private void backward(int row, float[] slope, int at, float factor, Gradient gradient) {
    for (TrainingStep.ItemVector step : steps) {
      step.backward(row, slope, at, factor, gradient);
    }
  }
}
