// SPDX-License-Identifier: Apache-2.0
/** The Transformer: configuration, weights, per-thread memory, and one forward pass. */
@NullMarked
package io.nextclick.model.encoder;

import org.jspecify.annotations.NullMarked;
