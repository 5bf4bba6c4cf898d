// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.decoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.ForwardingScorer;
import io.nextclick.model.Scorer;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.slate.Prefix;

/**
 * A scorer whose model has a decoder.
 *
 * @param scorer of candidates, each by itself
 * @param encoder of the same model
 * @param decoder on top of it
 * @param calibration makes probabilities of the decoder's logits
 */
public record PlacingScorer(
    Scorer scorer, EncoderScorer encoder, Decoder decoder, Calibration calibration)
    implements ForwardingScorer {

  @Override
  public boolean placesPages() {
    return true;
  }

  @Override
  public Prefix page(EncodedRequest request) {
    return decoder.page(encoder.encoded(request), encoder.score(request), calibration::probability);
  }
}
