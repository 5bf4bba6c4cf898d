// SPDX-License-Identifier: Apache-2.0
/** The peer of {@code bench train}: the same model in libtorch. */
@NullMarked
package io.nextclick.bench.libtorch;

import org.jspecify.annotations.NullMarked;
