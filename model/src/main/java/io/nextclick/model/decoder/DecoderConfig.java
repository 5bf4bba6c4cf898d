// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.model.block.Gelu;
import io.nextclick.model.block.HiddenLayer;
import io.nextclick.model.block.LayerNorm;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Tensor;
import io.nextclick.model.weights.Tensor.Decay;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of a decoder: layers as in "Attention is all you need", section 3.1, with the norms in
 * front.
 *
 * @param items with a row; row 0 is for those without
 * @param dim width of a token, that of the encoder
 * @param layers 1 to 6
 * @param heads attention heads; divides {@code dim}
 * @param feedForward inner width of the feed-forward network, 4 to 8,192
 * @param places of a page that are told apart, 1 to 64; those behind are as the last one
 */
public record DecoderConfig(
    int items, int dim, int layers, int heads, int feedForward, int places) {

  /** Layers at most. */
  public static final int MOST_LAYERS = 6;

  private static final RowNorm NORM = new LayerNorm();
  private static final HiddenLayer HIDDEN = new Gelu();
  private static final float EPSILON = 1e-6f;

  public DecoderConfig {
    require("items", items, 1, Integer.MAX_VALUE / Math.max(1, dim) - 1);
    require("layers", layers, 1, MOST_LAYERS);
    require("feedForward", feedForward, 4, 8_192);
    require("places", places, 1, 64);
    require("heads", heads, 1, dim);
    if (dim % heads != 0) {
      throw new IllegalArgumentException(
          "decoder: heads=%d does not divide dim=%d".formatted(heads, dim));
    }
  }

  private static void require(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "decoder: %s=%d is not within %d to %d".formatted(name, value, least, most));
    }
  }

  /** Width of a head. */
  public int headDim() {
    return dim / heads;
  }

  /** The row of the tables by place. */
  public int row(int place) {
    return Math.min(place, places - 1);
  }

  /** What normalises. */
  public RowNorm norm() {
    return NORM;
  }

  /** Where it normalises. */
  public RowNorm.Place normAt(String name) {
    return new RowNorm.Place(name, dim, EPSILON);
  }

  /** What the feed-forward network's hidden values are. */
  public HiddenLayer hidden() {
    return HIDDEN;
  }

  /**
   * What it consists of, in the order of the file:
   *
   * <pre>
   *  item.embedding             (items + 1, dim)    begins as the encoder's
   *  item.weight, .bias         (dim, dim), (dim)   of an item's vector
   *  logit                      (dim)               times the pointwise logit
   *  place.embedding            (places, dim)
   *  pair.query, .key, .history (dim, dim), (dim)   what items, and the history, do to an item
   *  memory.norm.weight, .bias  (dim)               of the encoder's outputs
   *  layers.N.norm1 .. norm3, self.query .. output, cross.query .. output, feedforward.in, .out
   *  norm.weight, .bias         (dim)
   *  head.weight                (dim)
   *  place.bias                 (places)            what a place itself does, whatever stands there
   * </pre>
   */
  public List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(Tensor.ofItems("item.embedding", items + 1, dim, Decay.NONE));
    tensors.addAll(Tensor.linear("item", dim, dim, FirstValues.HALF_INPUT, Decay.GENERAL));
    tensors.add(Tensor.free("logit", FirstValues.SPREAD, dim));
    tensors.add(Tensor.embedding("place.embedding", places, dim));
    tensors.addAll(Tensor.linear("pair.query", dim, dim, FirstValues.XAVIER, Decay.GENERAL));
    for (String doer : List.of("key", "history")) {
      tensors.addAll(Tensor.linear("pair." + doer, dim, dim, FirstValues.ZEROS, Decay.GENERAL));
    }
    tensors.addAll(NORM.tensors("memory.norm", dim));
    for (int layer = 0; layer < layers; layer++) {
      tensors.addAll(layer("layers." + layer + "."));
    }
    tensors.addAll(NORM.tensors("norm", dim));
    tensors.add(Tensor.free("head.weight", FirstValues.ZEROS, dim)); // begins as it is pointwise
    tensors.add(Tensor.free("place.bias", FirstValues.ZEROS, places));
    return tensors;
  }

  private List<Tensor> layer(String layer) {
    List<Tensor> tensors = new ArrayList<>();
    for (String attention : List.of("self", "cross")) {
      tensors.addAll(NORM.tensors(layer + (attention.equals("self") ? "norm1" : "norm2"), dim));
      for (String map : List.of("query", "key", "value")) {
        tensors.addAll(linear(layer + attention + "." + map, dim, dim, FirstValues.XAVIER));
      }
      tensors.addAll(linear(layer + attention + ".output", dim, dim, FirstValues.HALF_INPUT));
    }
    tensors.addAll(NORM.tensors(layer + "norm3", dim));
    tensors.addAll(linear(layer + "feedforward.in", feedForward, dim, FirstValues.HALF_INPUT));
    tensors.addAll(linear(layer + "feedforward.out", dim, feedForward, FirstValues.HALF_INPUT));
    return tensors;
  }

  private static List<Tensor> linear(String name, int out, int in, FirstValues first) {
    return Tensor.linear(name, out, in, first, Decay.GENERAL);
  }
}
