// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.LinearPass;
import io.nextclick.model.weights.Parameters;

/**
 * What parts are trained with.
 *
 * @param parameters the live weights
 */
public record Training(TrainingKernels kernels, EncoderConfig config, Parameters parameters) {

  /** The live values of a tensor, with slack behind them. */
  float[] get(String tensor) {
    return parameters.get(tensor);
  }

  /** A linear map (out, in). */
  LinearPass linear(String name, int out, int in) {
    return new LinearPass(kernels, parameters, name, out, in);
  }

  /** Adds row {@code row} of a table (rows, dim) to {@code x[at]}. */
  void addRow(float[] table, int row, float[] x, int at) {
    addRow(table, row, x, at, 1);
  }

  /** The same, {@code factor} times. */
  void addRow(float[] table, int row, float[] x, int at, float factor) {
    kernels.addScaled(x, at, table, row * config.dim(), config.dim(), factor);
  }

  /** Adds {@code factor * slope[at]} to row {@code row} of a gradient's table (rows, dim). */
  void addToRow(float[] table, int row, float[] slope, int at, float factor) {
    kernels.addScaled(table, row * config.dim(), slope, at, config.dim(), factor);
  }
}
