// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.KeyValues;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import org.jspecify.annotations.Nullable;

/** The memory of one thread's passes through an encoder; made once, used again. */
public final class EncoderScratch {

  /** Candidates that run through the layers together: enough to pay for reading the weights. */
  static final int CANDIDATE_BLOCK = 192;

  final float[] x; // (tokens, dim) the residual stream
  final float[] normed; // (tokens, dim)
  final float[] queries; // (tokens, dim)
  final float[] keys; // (tokens, dim)
  final float[] values; // (tokens, dim)
  final float[] attended; // (tokens, dim)
  final float[] hidden; // (tokens, feedForward) and what makes that, or what the slot query needs
  final float[] attention;
  final float[] scores; // (CANDIDATE_BLOCK,)
  final float[] product = new float[1];
  float @Nullable []
      attentionWeights; // (tokens, maxHistory) sums of attention, where somebody asks for it
  private KeyValues[] memory = {};

  /**
   * @param queryWidth values that the parts in the slot query need
   */
  EncoderScratch(EncoderConfig config, int queryWidth, Kernels kernels) {
    int tokens = Math.max(config.maxHistory(), CANDIDATE_BLOCK);
    int size = tokens * config.dim();
    x = new float[size];
    normed = new float[size];
    queries = new float[size];
    keys = new float[size];
    values = new float[size];
    attended = new float[size];
    hidden = new float[Math.max(tokens * config.mapped(config.feedForward()), queryWidth)];
    // One token more than the longest history: the start token, or the candidate itself.
    attention = new float[kernels.scratchLength(config.maxHistory() + 1)];
    scores = new float[CANDIDATE_BLOCK];
  }

  /**
   * Keys and values (layers,), made when first asked for; with dot, the same one for all layers.
   */
  KeyValues[] memory(EncoderConfig config, Kernels kernels) {
    if (memory.length == 0) {
      boolean attend = config.scoring() == Scoring.ATTEND;
      memory = new KeyValues[config.layers()];
      for (int l = 0; l < memory.length; l++) {
        memory[l] =
            attend || l == 0
                ? kernels.keyValues(config.maxHistory(), config.heads(), config.headDim())
                : memory[0];
      }
    }
    for (KeyValues layer : memory) {
      layer.clear();
    }
    return memory;
  }
}
