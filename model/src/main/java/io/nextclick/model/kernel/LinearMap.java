// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

/**
 * A linear map in the layout that its kernel reads.
 *
 * @param weight panels of columns: panel p is (in, panelWidth), zero beyond {@code out}; the scalar
 *     kernel keeps (out, in)
 * @param bias (out), zero-padded to whole panels
 * @param out width of the result
 * @param in width of the argument
 */
public record LinearMap(float[] weight, float[] bias, int out, int in) {}
