// SPDX-License-Identifier: Apache-2.0
/**
 * The arithmetic of the Transformer behind one checked door, {@link
 * io.nextclick.model.kernel.Kernels}: written plainly in {@code ScalarKernels}, the oracle, and
 * fast in {@code VectorKernels}.
 */
@NullMarked
package io.nextclick.model.kernel;

import org.jspecify.annotations.NullMarked;
