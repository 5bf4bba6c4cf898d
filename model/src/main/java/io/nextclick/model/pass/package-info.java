// SPDX-License-Identifier: Apache-2.0
/** One batch through the encoder, forward and backward: embeddings, layers, parts, losses. */
@NullMarked
package io.nextclick.model.pass;

import org.jspecify.annotations.NullMarked;
