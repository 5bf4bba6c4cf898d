// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.model.block.HiddenLayer;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.KeyValues;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Norm;
import io.nextclick.model.part.EncoderConfig.Scoring;

/**
 * One layer, over a history or over candidates; the placements of norms are those of {@link Norm}.
 */
final class LayerForward {

  private final EncoderConfig config;
  private final Kernels kernels;
  private final HiddenLayer hiddenLayer;

  LayerForward(EncoderConfig config, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    this.hiddenLayer = config.activation().hidden();
  }

  /**
   * One layer over the history in {@code scratch.x}.
   *
   * @param keep how many of the newest rows the layer's output is wanted for
   * @return {@code keep}; those rows lie at the front of {@code scratch.x}
   */
  int history(EncoderLayer layer, KeyValues tokens, int rows, int keep, EncoderScratch s) {
    int dim = config.dim();
    float[] normed = normBefore(layer, rows, s);
    // Keys and values of all rows: later rows and candidates will look at them.
    float[] source = config.norm() == Norm.PRE ? normed : s.x;
    kernels.linear(layer.key(), source, rows, s.keys, Epilogue.STORE);
    kernels.linear(layer.value(), source, rows, s.values, Epilogue.STORE);
    kernels.append(tokens, s.keys, s.values, rows);
    if (keep == 0) {
      return 0;
    }
    if (keep < rows) {
      System.arraycopy(s.x, (rows - keep) * dim, s.x, 0, keep * dim);
      System.arraycopy(s.normed, (rows - keep) * dim, s.normed, 0, keep * dim);
    }
    kernels.linear(layer.query(), normed, keep, s.queries, Epilogue.STORE);
    kernels.attendCausal(tokens, s.queries, keep, s.attended, s.attention);
    if (s.attentionWeights != null && config.scoring() == Scoring.DOT) {
      tokens.addAttention(s.queries, keep - 1, null, s.attentionWeights, 0);
    }
    finish(layer, keep, s);
    return keep;
  }

  /** One layer over candidates (rows, dim) in {@code s.x}, each behind the same history. */
  void candidates(EncoderLayer layer, KeyValues history, int rows, EncoderScratch s) {
    float[] normed = normBefore(layer, rows, s);
    float[] source = config.norm() == Norm.PRE ? normed : s.x;
    kernels.linear(layer.query(), normed, rows, s.queries, Epilogue.STORE);
    kernels.linear(layer.key(), source, rows, s.keys, Epilogue.STORE);
    kernels.linear(layer.value(), source, rows, s.values, Epilogue.STORE);
    kernels.attendCandidates(history, s.queries, s.keys, s.values, rows, s.attended, s.attention);
    for (int r = 0; s.attentionWeights != null && r < rows; r++) {
      history.addAttention(s.queries, r, s.keys, s.attentionWeights, r * config.maxHistory());
    }
    finish(layer, rows, s);
  }

  /** What the queries are made of: the normalised input, or the input where norms come after. */
  private float[] normBefore(EncoderLayer layer, int rows, EncoderScratch s) {
    if (config.norm() == Norm.POST) {
      return s.x;
    }
    layer.norm1().apply(s.x, rows, s.normed);
    return s.normed;
  }

  /** Output projection, residual, norm, feed-forward, residual, norm: on {@code s.attended}. */
  private void finish(EncoderLayer layer, int rows, EncoderScratch s) {
    switch (config.norm()) {
      case PRE -> {
        kernels.linear(layer.output(), s.attended, rows, s.x, Epilogue.ADD);
        layer.norm2().apply(s.x, rows, s.normed);
        hiddenLayer.apply(kernels, layer.feedForwardIn(), s.normed, rows, s.hidden);
        kernels.linear(layer.feedForwardOut(), s.hidden, rows, s.x, Epilogue.ADD);
      }
      case POST -> {
        kernels.linear(layer.output(), s.attended, rows, s.x, Epilogue.ADD);
        layer.norm1().apply(s.x, rows, s.x);
        hiddenLayer.apply(kernels, layer.feedForwardIn(), s.x, rows, s.hidden);
        kernels.linear(layer.feedForwardOut(), s.hidden, rows, s.x, Epilogue.ADD);
        layer.norm2().apply(s.x, rows, s.x);
      }
      case SASREC -> {
        kernels.linear(layer.output(), s.attended, rows, s.normed, Epilogue.ADD);
        layer.norm2().apply(s.normed, rows, s.x);
        hiddenLayer.apply(kernels, layer.feedForwardIn(), s.x, rows, s.hidden);
        kernels.linear(layer.feedForwardOut(), s.hidden, rows, s.x, Epilogue.ADD);
      }
    }
  }
}
