// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.model.kernel.KeyValues;

/**
 * A history after the encoder: all that scoring needs of it. Immutable once made; may be shared and
 * cached.
 *
 * @param layers (layers,) keys and values of every layer, with {@code attend}; else none
 * @param state (dim,) the last position's output, with {@code dot}; else empty
 */
public record EncodedHistory(KeyValues[] layers, float[] state) {

  /** Memory held, in bytes. */
  public long bytes() {
    long bytes = 4L * state.length + 64;
    for (KeyValues layer : layers) {
      bytes += layer.bytes() + 64;
    }
    return bytes;
  }
}
