// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.block;

import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Attribute;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.Tensor;
import java.util.List;
import java.util.function.Function;

/**
 * {@code (x - mean) / sqrt(variance + epsilon) * weight + bias} (Ba et al., arXiv 1607.06450): what
 * normalises where no part says otherwise.
 */
public final class LayerNorm implements RowNorm {

  @Override
  public List<Tensor> tensors(String name, int dim) {
    return Tensor.norm(name, dim);
  }

  @Override
  public Forward forward(Kernels kernels, Place place, Function<String, float[]> tensors) {
    float[] scale = tensors.apply(place.name() + ".weight");
    float[] shift = tensors.apply(place.name() + ".bias");
    return (x, rows, y) ->
        kernels.layerNorm(x, rows, place.dim(), scale, shift, place.epsilon(), y);
  }

  @Override
  public Pass pass(TrainingKernels kernels, Place place, Function<String, float[]> tensors) {
    String weight = place.name() + ".weight";
    String bias = place.name() + ".bias";
    float[] scale = tensors.apply(weight);
    float[] shift = tensors.apply(bias);
    return new Pass() {
      @Override
      public void forward(float[] x, int rows, float[] y) {
        kernels.layerNorm(x, rows, place.dim(), scale, shift, place.epsilon(), y);
      }

      @Override
      public void backward(float[] x, float[] dy, int rows, float[] dx, Gradient gradient) {
        kernels.layerNormBackward(
            x,
            dy,
            rows,
            place.dim(),
            scale,
            place.epsilon(),
            dx,
            gradient.get(weight),
            gradient.get(bias));
      }
    };
  }

  @Override
  public String nodes(GraphWriter graph, Place place, Function<String, float[]> tensors, String x) {
    String weight = place.name() + ".weight";
    String bias = place.name() + ".bias";
    return graph.node(
        "LayerNormalization",
        new String[] {
          x,
          graph.floats(weight, tensors.apply(weight), place.dim()),
          graph.floats(bias, tensors.apply(bias), place.dim())
        },
        Attribute.number("axis", -1),
        Attribute.decimal("epsilon", place.epsilon()));
  }
}
