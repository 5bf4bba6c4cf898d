// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.kernel.TrainingKernels;

/**
 * What stands for each item: its row of the embedding plus the mean of its attributes' embeddings.
 * A bundle holds these sums, so that serving looks attributes up for unknown items alone.
 */
final class ItemVectors {

  private static final String ITEMS = "item.embedding";
  private static final String ATTRIBUTES = "attribute.embedding";

  private final TrainingKernels kernels;
  private final int dim;
  private final int items;
  private final int[][] attributes; // (items + 1) buckets; none for row 0
  private final float[] embedding; // (items + 1, dim)
  private final float[] attributeEmbedding; // (buckets, dim)
  private final boolean withAttributes;
  private final float[] vectors; // (items + 1, dim); the embedding itself without attributes
  private float[] turned = {}; // (dim, turnedStride)

  ItemVectors(TrainingKernels kernels, Parameters parameters, int[][] attributes) {
    this.kernels = kernels;
    this.dim = parameters.config().dim();
    this.items = parameters.config().items();
    this.attributes = attributes;
    this.embedding = parameters.get(ITEMS);
    this.withAttributes = parameters.config().attributeBuckets() > 0;
    this.attributeEmbedding = withAttributes ? parameters.get(ATTRIBUTES) : new float[0];
    this.vectors = withAttributes ? new float[embedding.length] : embedding;
  }

  int items() {
    return items;
  }

  /** (items + 1, dim) as of the last {@link #renewAll} or {@link #renew}. */
  float[] vectors() {
    return vectors;
  }

  /** (dim, items) of all but row 0, as of the last {@link #renewAll}, at a stride of items. */
  float[] turned() {
    return turned;
  }

  /** Takes new weights in, for all items. */
  void renewAll() {
    for (int row = 0; row <= items; row++) {
      renew(row);
    }
    turned = Scratch.room(turned, dim * items);
    kernels.transpose(vectors, dim, dim, items, dim, turned, 0, items);
  }

  /** Takes new weights in, for one item. */
  void renew(int row) {
    if (!withAttributes) {
      return;
    }
    System.arraycopy(embedding, row * dim, vectors, row * dim, dim);
    int[] buckets = attributes[row];
    for (int bucket : buckets) {
      kernels.addScaled(
          vectors, row * dim, attributeEmbedding, bucket * dim, dim, 1f / buckets.length);
    }
  }

  /** Copies an item's vector to {@code x[at]}, as of a new item if it is to be {@code unknown}. */
  void copy(int row, boolean unknown, float[] x, int at) {
    System.arraycopy(vectors, row * dim, x, at, dim);
    if (unknown) {
      kernels.addScaled(x, at, embedding, row * dim, dim, -1);
      kernels.addScaled(x, at, embedding, 0, dim, 1);
    }
  }

  /** Adds {@code factor * dx[at]} to the gradient of an item's vector. */
  void add(int row, boolean unknown, float[] dx, int at, float factor, Gradient gradient) {
    kernels.addScaled(
        gradient.item(unknown ? 0 : row), (unknown ? 0 : row) * dim, dx, at, dim, factor);
    if (unknown) {
      addAttributes(row, dx, at, factor, gradient);
    }
  }

  /** Carries the gradient of the items' vectors on to their attributes; last of all. */
  void finish(Gradient gradient) {
    if (!withAttributes) {
      return;
    }
    TouchedRows touched = gradient.items();
    if (touched.all()) {
      for (int row = 1; row <= items; row++) {
        addAttributes(row, gradient.get(ITEMS), row * dim, 1, gradient);
      }
    } else {
      for (int i = 0; i < touched.count(); i++) {
        int row = touched.row(i);
        addAttributes(row, gradient.get(ITEMS), row * dim, 1, gradient);
      }
    }
  }

  private void addAttributes(int row, float[] dx, int at, float factor, Gradient gradient) {
    int[] buckets = attributes[row];
    if (!withAttributes || buckets.length == 0) {
      return;
    }
    float[] slope = gradient.get(ATTRIBUTES);
    for (int bucket : buckets) {
      kernels.addScaled(slope, bucket * dim, dx, at, dim, factor / buckets.length);
    }
  }
}
