// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

/**
 * A request as a decoder reads it.
 *
 * @param outputs (history, dim) of the encoder, of every entry of the history
 * @param rows (candidates,) of the items, 0 for those without
 * @param items (candidates, dim) the candidates' vectors
 * @param logits (candidates,) of each candidate by itself, before other parts mix anything in
 */
public record EncodedPage(float[] outputs, int[] rows, float[] items, float[] logits) {}
