// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Attribute;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.Tensor;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code x / sqrt(mean of squares + epsilon) * weight} in place of every layer norm of the layers
 * and behind them (Zhang and Sennrich, arXiv 1910.07467): no mean is taken off, and there is no
 * bias. The norms' tensors {@code .weight} (dim) stay, their {@code .bias} are gone.
 */
public record RmsNorm() implements ModelPart, RowNorm {

  @Override
  public Set<Column> reads() {
    return Set.of();
  }

  /** None beside those of the layers. */
  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return List.of();
  }

  @Override
  public @Nullable ForwardStep forward(
      EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    return null;
  }

  @Override
  public @Nullable TrainedPart training(Training training) {
    return null;
  }

  @Override
  public List<Tensor> tensors(String name, int dim) {
    return List.of(Tensor.free(name + ".weight", FirstValues.ONES, dim));
  }

  @Override
  public Forward forward(Kernels kernels, Place place, Function<String, float[]> tensors) {
    float[] scale = tensors.apply(place.name() + ".weight");
    return (x, rows, y) -> kernels.rmsNorm(x, rows, place.dim(), scale, place.epsilon(), y);
  }

  @Override
  public Pass pass(TrainingKernels kernels, Place place, Function<String, float[]> tensors) {
    String weight = place.name() + ".weight";
    float[] scale = tensors.apply(weight);
    return new Pass() {
      @Override
      public void forward(float[] x, int rows, float[] y) {
        kernels.rmsNorm(x, rows, place.dim(), scale, place.epsilon(), y);
      }

      @Override
      public void backward(float[] x, float[] dy, int rows, float[] dx, Gradient gradient) {
        kernels.rmsNormBackward(
            x, dy, rows, place.dim(), scale, place.epsilon(), dx, gradient.get(weight));
      }
    };
  }

  @Override
  public String nodes(GraphWriter graph, Place place, Function<String, float[]> tensors, String x) {
    String weight = place.name() + ".weight";
    String squares =
        graph.node(
            "ReduceMean",
            new String[] {graph.apply("Mul", x, x), graph.longs(-1)},
            Attribute.number("keepdims", 1));
    String root = graph.apply("Sqrt", graph.apply("Add", squares, graph.scalar(place.epsilon())));
    String scale = graph.floats(weight, tensors.apply(weight), place.dim());
    return graph.apply("Mul", graph.apply("Div", x, root), scale);
  }
}
