// SPDX-License-Identifier: Apache-2.0
/** Scoring kernels against the processor's peak. */
@NullMarked
package io.nextclick.bench.kernel;

import org.jspecify.annotations.NullMarked;
