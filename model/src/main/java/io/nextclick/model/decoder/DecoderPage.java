// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.model.encoder.EncodedPage;
import io.nextclick.model.kernel.KeyValues;
import io.nextclick.model.slate.Prefix;
import java.util.function.DoubleUnaryOperator;

/** What all prefixes of a page share. */
final class DecoderPage {

  private final Decoder decoder;
  private final float[] pointwise; // (candidates,)
  private final DoubleUnaryOperator probability;
  private final float[] tokens; // (candidates, dim) what the candidates are at any place
  private final KeyValues[] memory; // (layers,)
  private final DecoderScratch scratch;

  DecoderPage(
      Decoder decoder, EncodedPage encoded, float[] pointwise, DoubleUnaryOperator probability) {
    this.decoder = decoder;
    this.pointwise = pointwise;
    this.probability = probability;
    this.tokens = decoder.tokens(encoded);
    this.memory = decoder.memory(encoded.outputs());
    this.scratch = new DecoderScratch(decoder.config(), pointwise.length);
  }

  Prefix empty() {
    return new Placed(0, decoder.nothing());
  }

  /** The keys and values (layers,) of the items placed. */
  private final class Placed implements Prefix {
    private final int size;
    private final KeyValues[] placed;

    Placed(int size, KeyValues[] placed) {
      this.size = size;
      this.placed = placed;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public void probabilities(double[] into) {
      decoder.score(tokens, 0, pointwise.length, placed, memory, size, scratch);
      for (int c = 0; c < pointwise.length; c++) {
        into[c] = probability.applyAsDouble((double) pointwise[c] + scratch.logits[c]);
      }
    }

    @Override
    public Prefix then(int candidate) {
      return new Placed(
          size + 1, decoder.placing(tokens, candidate, placed, memory, size, scratch));
    }
  }
}
