// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.features.encode.Column;
import io.nextclick.model.block.HiddenLayer;
import io.nextclick.model.block.LayerNorm;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.LinearPass;
import io.nextclick.model.weights.Tensor;
import io.nextclick.model.weights.Tensor.Decay;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * With {@code dot}: {@code z + W2 act(W1 LN(z))} over {@code z}, the sum of history state and
 * request.
 *
 * <p>Without it the request can only be added to what the history says: a pause since the last
 * click could shift the scores, but not switch off what that click had meant.
 *
 * <p>Tensors {@code request.norm.weight, .bias} (dim), {@code request.in.weight, .bias} (width,
 * dim), (width), twice as many rows where the activation is gated, {@code request.out.weight,
 * .bias} (dim, width), (dim).
 *
 * @param width inner width, 1 to 8,192
 */
public record RequestBlock(int width) implements ModelPart, GraphStep.Query {

  private static final String NORM = "request.norm";
  private static final String IN = "request.in";
  private static final String OUT = "request.out";
  private static final RowNorm LAYER_NORM = new LayerNorm();

  public RequestBlock {
    Parts.requireRange("requestBlock.width", width, 1, 8_192);
  }

  @Override
  public Set<Column> reads() {
    return Set.of();
  }

  @Override
  public @Nullable String unfit(Scoring scoring) {
    return scoring == Scoring.DOT
        ? null
        : "requestBlock.width=%d needs scoring=dot; with attend, every layer reads the request"
            .formatted(width);
  }

  @Override
  public boolean behindLayers() {
    return true;
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    int dim = config.dim();
    List<Tensor> tensors = new ArrayList<>(LAYER_NORM.tensors(NORM, dim));
    int mapped = config.mapped(width);
    tensors.addAll(Tensor.linear(IN, mapped, dim, FirstValues.HALF_INPUT, Decay.NONE));
    tensors.addAll(Tensor.linear(OUT, dim, width, FirstValues.HALF_INPUT, Decay.NONE));
    return tensors;
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    EncoderConfig config = weights.config();
    HiddenLayer hiddenLayer = config.activation().hidden();
    RowNorm.Forward norm = LAYER_NORM.forward(kernels, config.normAt(NORM), weights::get);
    LinearMap in = weights.linear(IN, config.mapped(width), config.dim(), kernels);
    LinearMap out = weights.linear(OUT, config.dim(), width, kernels);
    return new ForwardStep.Query() {
      @Override
      public int width() {
        return config.mapped(width);
      }

      @Override
      public void apply(float[] z, float[] normed, float[] hidden) {
        norm.apply(z, 1, normed);
        hiddenLayer.apply(kernels, in, normed, 1, hidden);
        kernels.linear(out, hidden, 1, z, Epilogue.ADD);
      }
    };
  }

  @Override
  public TrainedPart training(Training training) {
    int dim = training.config().dim();
    LinearPass in = training.linear(IN, training.config().mapped(width), dim);
    return new Trained(training, width, in, training.linear(OUT, dim, width));
  }

  /** Its maps, as all passes over a step's shards share them. */
  private record Trained(Training training, int width, LinearPass in, LinearPass out)
      implements TrainedPart {
    @Override
    public void renew() {
      in.renew();
      out.renew();
    }

    @Override
    public TrainingStep pass(ItemVectors items) {
      return new Pass(training, width, in, out);
    }
  }

  private static final class Pass implements TrainingStep.Query {

    private final TrainingKernels kernels;
    private final EncoderConfig config;
    private final int width;
    private final RowNorm.Pass norm;
    private final HiddenLayer.Pass in; // dim -> width
    private final LinearPass out; // width -> dim
    private final float[] transposed;
    private float[] normed = {}; // (rows, dim)
    private float[] hidden = {}; // (rows, width)
    private float[] dHidden = {}; // (rows, width)
    private float[] dNormed = {}; // (rows, dim)

    Pass(Training training, int width, LinearPass in, LinearPass out) {
      this.kernels = training.kernels();
      this.config = training.config();
      this.norm = LAYER_NORM.pass(kernels, config.normAt(NORM), training::get);
      this.in = config.activation().hidden().pass(kernels, in);
      this.out = out;
      this.width = width;
      this.transposed = new float[Math.max(in.scratch(), out.scratch()) + TrainingKernels.SLACK];
    }

    @Override
    public void forward(float[] z, int rows, float[] q) {
      int size = rows * config.dim();
      int length = rows * width;
      normed = ensureCapacity(normed, size);
      hidden = ensureCapacity(hidden, length);
      norm.forward(z, rows, normed);
      in.forward(normed, rows, hidden);
      out.forward(hidden, rows, q);
      kernels.add(q, z, size);
    }

    @Override
    public void backward(float[] z, float[] slope, int rows, Gradient gradient) {
      int size = rows * config.dim();
      int length = rows * width;
      dHidden = ensureCapacity(dHidden, length);
      dNormed = ensureCapacity(dNormed, size);
      out.backward(hidden, slope, rows, dHidden, false, gradient, transposed);
      in.backward(normed, hidden, dHidden, rows, dNormed, gradient, transposed);
      norm.backward(z, dNormed, rows, dNormed, gradient);
      kernels.add(slope, dNormed, size);
    }
  }

  @Override
  public String query(EncoderNodes nodes, String x) {
    String normed = LAYER_NORM.nodes(nodes.graph(), nodes.config().normAt(NORM), nodes::values, x);
    return nodes.add(nodes.feedForward(normed, "request.", width), x);
  }
}
