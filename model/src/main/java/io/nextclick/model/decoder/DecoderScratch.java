// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.KeyValues;

/** The memory of one page's steps. */
final class DecoderScratch {

  final float[] x; // (candidates, dim) the residual stream
  final float[] normed; // (candidates, dim)
  final float[] queries; // (candidates, dim)
  final float[] keys; // (candidates, dim)
  final float[] values; // (candidates, dim)
  final float[] attended; // (candidates, dim)
  final float[] zeros; // (candidates, dim)
  final float[] hidden; // (candidates, feedForward) and what makes that
  final float[] logits; // (candidates,)
  final float[] pairs; // (candidates,)
  private float[] attention = {};

  DecoderScratch(DecoderConfig config, int candidates) {
    int size = candidates * config.dim();
    x = new float[size];
    normed = new float[size];
    queries = new float[size];
    keys = new float[size];
    values = new float[size];
    attended = new float[size];
    zeros = new float[size];
    hidden = new float[candidates * config.hidden().maps() * config.feedForward()];
    logits = new float[candidates];
    pairs = new float[candidates];
  }

  /** As much as attention to so many keys and one's own takes. */
  float[] attention(Kernels kernels, KeyValues keys) {
    int needed = kernels.scratchLength(keys.length() + 1);
    if (attention.length < needed) {
      attention = new float[needed];
    }
    return attention;
  }
}
