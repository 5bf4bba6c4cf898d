// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import java.util.ArrayList;
import java.util.List;

/** Items as vectors. */
public final class ItemEmbedding {

  private final int dim;
  private final float[] items; // (items + 1, dim)
  private final List<ForwardStep.ItemVector> ofUnknown = new ArrayList<>();

  /** Of a model; parts are added as they are made. */
  public ItemEmbedding(EncoderWeights weights) {
    this.dim = weights.config().dim();
    this.items = weights.get("item.embedding");
  }

  /** Adds a part of the vectors of items without a row; before anything is copied. */
  public void add(ForwardStep.ItemVector step) {
    ofUnknown.add(step);
  }

  /** (items + 1, dim); callers must not change it. */
  public float[] items() {
    return items;
  }

  /** Copies the item of history entry {@code t} to {@code x[at]}. */
  public void copyHistory(EncodedRequest request, int t, float[] x, int at) {
    int row = request.historyItems()[t];
    System.arraycopy(items, row * dim, x, at, dim);
    for (int i = 0; row == Vocabulary.UNKNOWN && i < ofUnknown.size(); i++) {
      ofUnknown.get(i).addToHistory(request, t, x, at);
    }
  }

  /** Copies candidate {@code c} to {@code x[at]}. */
  public void copyCandidate(EncodedRequest request, int c, float[] x, int at) {
    int row = request.candidates()[c];
    System.arraycopy(items, row * dim, x, at, dim);
    for (int i = 0; row == Vocabulary.UNKNOWN && i < ofUnknown.size(); i++) {
      ofUnknown.get(i).addToCandidate(request, c, x, at);
    }
  }
}
