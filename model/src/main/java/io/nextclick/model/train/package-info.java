// SPDX-License-Identifier: Apache-2.0
/** Training of the encoder: data, forward and backward pass, losses, optimiser, checkpoints. */
@NullMarked
package io.nextclick.model.train;

import org.jspecify.annotations.NullMarked;
