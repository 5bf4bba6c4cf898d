// SPDX-License-Identifier: Apache-2.0
/** How fast models are trained. */
@NullMarked
package io.nextclick.bench.train;

import org.jspecify.annotations.NullMarked;
