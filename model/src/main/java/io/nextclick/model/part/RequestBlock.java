// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.features.encode.Column;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig.Activation;
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
 * dim), (width), {@code request.out.weight, .bias} (dim, width), (dim).
 *
 * @param width inner width, 1 to 8,192
 */
public record RequestBlock(int width) implements ModelPart, GraphStep.Query {

  private static final String NORM = "request.norm";
  private static final String IN = "request.in";
  private static final String OUT = "request.out";

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
    List<Tensor> tensors = new ArrayList<>(Tensor.norm(NORM, dim));
    tensors.addAll(Tensor.linear(IN, width, dim, FirstValues.HALF_INPUT, Decay.NONE));
    tensors.addAll(Tensor.linear(OUT, dim, width, FirstValues.HALF_INPUT, Decay.NONE));
    return tensors;
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    EncoderConfig config = weights.config();
    float[] scale = weights.get(NORM + ".weight");
    float[] shift = weights.get(NORM + ".bias");
    LinearMap in = weights.linear(IN, width, config.dim(), kernels);
    LinearMap out = weights.linear(OUT, config.dim(), width, kernels);
    Epilogue activation = config.activation() == Activation.RELU ? Epilogue.RELU : Epilogue.GELU;
    return new ForwardStep.Query() {
      @Override
      public int width() {
        return width;
      }

      @Override
      public void apply(float[] z, float[] normed, float[] hidden) {
        kernels.layerNorm(z, 1, config.dim(), scale, shift, config.epsilon(), normed);
        kernels.linear(in, normed, 1, hidden, activation);
        kernels.linear(out, hidden, 1, z, Epilogue.ADD);
      }
    };
  }

  @Override
  public TrainedPart training(Training training) {
    int dim = training.config().dim();
    return new Trained(training, training.linear(IN, width, dim), training.linear(OUT, dim, width));
  }

  /** Its maps, as all passes over a step's shards share them. */
  private record Trained(Training training, LinearPass in, LinearPass out) implements TrainedPart {
    @Override
    public void renew() {
      in.renew();
      out.renew();
    }

    @Override
    public TrainingStep pass(ItemVectors items) {
      return new Pass(training, in, out);
    }
  }

  private static final class Pass implements TrainingStep.Query {

    private final TrainingKernels kernels;
    private final EncoderConfig config;
    private final int width;
    private final float[] scale; // (dim)
    private final float[] shift; // (dim)
    private final LinearPass in; // dim -> width
    private final LinearPass out; // width -> dim
    private final float[] transposed;
    private float[] normed = {}; // (rows, dim)
    private float[] inner = {}; // (rows, width) before the activation, with GELU
    private float[] hidden = {}; // (rows, width)
    private float[] dHidden = {}; // (rows, width)
    private float[] dNormed = {}; // (rows, dim)

    Pass(Training training, LinearPass in, LinearPass out) {
      this.kernels = training.kernels();
      this.config = training.config();
      this.scale = training.get(NORM + ".weight");
      this.shift = training.get(NORM + ".bias");
      this.in = in;
      this.out = out;
      this.width = in.out();
      this.transposed = new float[Math.max(in.scratch(), out.scratch()) + TrainingKernels.SLACK];
    }

    @Override
    public void forward(float[] z, int rows, float[] q) {
      int size = rows * config.dim();
      int length = rows * width;
      normed = ensureCapacity(normed, size);
      hidden = ensureCapacity(hidden, length);
      kernels.layerNorm(z, rows, config.dim(), scale, shift, config.epsilon(), normed);
      if (config.activation() == Activation.GELU) {
        inner = ensureCapacity(inner, length);
        in.forward(normed, rows, inner);
        kernels.gelu(inner, hidden, length);
      } else {
        in.forward(normed, rows, hidden);
        kernels.relu(hidden, length);
      }
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
      if (config.activation() == Activation.GELU) {
        kernels.geluBackward(inner, dHidden, length);
      } else {
        kernels.reluBackward(hidden, dHidden, length);
      }
      in.backward(normed, dHidden, rows, dNormed, false, gradient, transposed);
      kernels.layerNormBackward(
          z,
          dNormed,
          rows,
          config.dim(),
          scale,
          config.epsilon(),
          dNormed,
          gradient.get(NORM + ".weight"),
          gradient.get(NORM + ".bias"));
      kernels.add(slope, dNormed, size);
    }
  }

  @Override
  public String query(EncoderNodes nodes, String x) {
    return nodes.add(nodes.feedForward(nodes.norm(x, NORM), "request.", width), x);
  }
}
