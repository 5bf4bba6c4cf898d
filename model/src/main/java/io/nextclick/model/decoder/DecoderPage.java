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
  private final float[] pairQueries; // (candidates, dim)
  private final float[] pairKeys; // (candidates, dim)
  private final float[] pairHistory; // (dim,)
  private final KeyValues[] memory; // (layers,)
  private final DecoderScratch scratch;

  DecoderPage(
      Decoder decoder, EncodedPage encoded, float[] pointwise, DoubleUnaryOperator probability) {
    this.decoder = decoder;
    this.pointwise = pointwise;
    this.probability = probability;
    float[] items = decoder.items(encoded);
    this.tokens = decoder.tokens(items, encoded);
    this.pairQueries = decoder.pairQueries(items);
    this.pairKeys = decoder.pairKeys(items);
    float[] history = decoder.normed(encoded.outputs());
    this.pairHistory = decoder.pairHistory(history);
    this.memory = decoder.memory(history);
    this.scratch = new DecoderScratch(decoder.config(), pointwise.length);
  }

  Prefix empty() {
    return new Placed(0, decoder.nothing(), pairHistory);
  }

  /** The keys and values (layers,) of the items placed, and the sum (dim) of their pair keys. */
  private final class Placed implements Prefix {
    private final int size;
    private final KeyValues[] placed;
    private final float[] pairs;

    Placed(int size, KeyValues[] placed, float[] pairs) {
      this.size = size;
      this.placed = placed;
      this.pairs = pairs;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public void probabilities(double[] into) {
      decoder.score(tokens, 0, pointwise.length, placed, memory, size, scratch);
      decoder.addPairs(pairQueries, pointwise.length, pairs, scratch);
      for (int c = 0; c < pointwise.length; c++) {
        into[c] = probability.applyAsDouble((double) pointwise[c] + scratch.logits[c]);
      }
    }

    @Override
    public Prefix then(int candidate) {
      float[] more = pairs.clone();
      for (int d = 0; d < more.length; d++) {
        more[d] += pairKeys[candidate * more.length + d];
      }
      return new Placed(
          size + 1, decoder.placing(tokens, candidate, placed, memory, size, scratch), more);
    }
  }
}
