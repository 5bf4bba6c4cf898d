// SPDX-License-Identifier: Apache-2.0
/** Tensors by name, their derivatives, and the packed batch that training reads. */
@NullMarked
package io.nextclick.model.weights;

import org.jspecify.annotations.NullMarked;
