// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import io.nextclick.model.block.RowNorm;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.weights.LinearPass;
import io.nextclick.model.weights.Parameters;

/** One layer's weights, as all passes over a step's shards share them. */
record LayerWeights(
    RowNorm.Pass norm1,
    LinearPass query, // dim -> dim
    LinearPass key, // dim -> dim
    LinearPass value, // dim -> dim
    LinearPass output, // dim -> dim
    RowNorm.Pass norm2,
    LinearPass feedForwardIn, // dim -> feedForward, or what its activation makes that of
    LinearPass feedForwardOut) { // feedForward -> dim

  static LayerWeights of(
      TrainingKernels kernels, EncoderConfig config, Parameters parameters, int index) {
    String name = "layers." + index + ".";
    int dim = config.dim();
    int inner = config.feedForward();
    return new LayerWeights(
        config.rowNorm().pass(kernels, config.normAt(name + "norm1"), parameters::get),
        new LinearPass(kernels, parameters, name + "attention.query", dim, dim),
        new LinearPass(kernels, parameters, name + "attention.key", dim, dim),
        new LinearPass(kernels, parameters, name + "attention.value", dim, dim),
        new LinearPass(kernels, parameters, name + "attention.output", dim, dim),
        config.rowNorm().pass(kernels, config.normAt(name + "norm2"), parameters::get),
        new LinearPass(kernels, parameters, name + "feedforward.in", config.mapped(inner), dim),
        new LinearPass(kernels, parameters, name + "feedforward.out", dim, inner));
  }

  /** Takes new weights in. */
  void renew() {
    query.renew();
    key.renew();
    value.renew();
    output.renew();
    feedForwardIn.renew();
    feedForwardOut.renew();
  }

  /** Values of scratch memory that any of the maps needs. */
  int scratch() {
    return Math.max(feedForwardIn.scratch(), feedForwardOut.scratch());
  }
}
