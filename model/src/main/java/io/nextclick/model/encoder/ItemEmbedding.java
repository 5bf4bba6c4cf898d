// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;

/** Items as vectors. */
final class ItemEmbedding {

  private static final float[] NO_ATTRIBUTES = {};

  private final int dim;
  private final float[] items; // (items + 1, dim)
  private final float[] attributes; // (attributeBuckets, dim)

  ItemEmbedding(EncoderWeights weights) {
    this.dim = weights.config().dim();
    this.items = weights.get("item.embedding");
    this.attributes =
        weights.config().attributeBuckets() == 0
            ? NO_ATTRIBUTES
            : weights.get("attribute.embedding");
  }

  /** (items + 1, dim); callers must not change it. */
  float[] items() {
    return items;
  }

  /** Copies the item of history entry {@code t} to {@code x[at]}. */
  void copyHistory(EncodedRequest request, int t, float[] x, int at) {
    copy(request.historyItems()[t], request.unknown().ofHistory(t), x, at);
  }

  /** Copies candidate {@code c} to {@code x[at]}. */
  void copyCandidate(EncodedRequest request, int c, float[] x, int at) {
    copy(request.candidates()[c], request.unknown().ofCandidate(c), x, at);
  }

  /** A known item's row has its attributes in it; an unknown one's are added to row 0. */
  private void copy(int row, int[] buckets, float[] x, int at) {
    System.arraycopy(items, row * dim, x, at, dim);
    if (row == Vocabulary.UNKNOWN && attributes.length > 0) {
      for (int bucket : buckets) {
        for (int d = 0; d < dim; d++) {
          x[at + d] += attributes[bucket * dim + d] / buckets.length;
        }
      }
    }
  }
}
