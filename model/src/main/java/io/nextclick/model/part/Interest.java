// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Element;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.LinearPass;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.Tensor;
import io.nextclick.model.weights.Tensor.Decay;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The user's long-term interest, as part of what a request says: the mean of the items acted on in
 * earlier visits, older visits counting less. Attention weighs entries by what they are, and would
 * have to count to weigh them by how many visits ago they were; and which visits are earlier ones
 * is known only when the request comes, so the state of a cached history cannot have it.
 *
 * <p>{@code W m + b} with {@code m = sum_t w(t) a^(k(t) - 1) e(t) / (1 + sum_t w(t) a^(k(t) - 1))}
 * over the items {@code e(t)} of entries of {@code k(t) >= 1} visits ago that are more than shown:
 * zeros on a first visit. Each dimension has its own {@code a}, each action its own {@code w}: the
 * damped moving average of Ma et al., arXiv 2209.10655, by visits instead of steps.
 *
 * <p>Tensors {@code interest.decay} (dim), the logit of {@code a}; {@code interest.action} (codes),
 * the logarithm of {@code w}, if actions are read; {@code interest.weight, .bias} (dim, dim),
 * (dim).
 */
public record Interest() implements ModelPart, GraphStep.Request {

  private static final String NAME = "interest";
  private static final String DECAY = "interest.decay";
  private static final String ACTION = "interest.action";
  private static final float FADING = 2; // logit: an entry counts 0.88 of what it did a visit ago
  private static final float[] ONE = {1};

  @Override
  public Set<Column> reads() {
    return Set.of(Column.HISTORY_ITEMS, Column.HISTORY_ACTIONS, Column.HISTORY_VISITS);
  }

  @Override
  public boolean behindLayers() {
    return true;
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    int dim = config.dim();
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(Tensor.free(DECAY, FirstValues.constant(FADING), dim));
    Actions actions = config.parts().get(Actions.class);
    if (actions != null) {
      tensors.add(Tensor.free(ACTION, FirstValues.ZEROS, actions.codes()));
    }
    tensors.addAll(Tensor.linear(NAME, dim, dim, FirstValues.IDENTITY, Decay.NONE));
    return tensors;
  }

  /** {@code a} from 0 to 1: the logistic function. */
  private static void decay(float[] logits, float[] decay) {
    for (int d = 0; d < decay.length; d++) {
      decay[d] = (float) (1 / (1 + Math.exp(-logits[d])));
    }
  }

  /** {@code w} of every action code. */
  private static void weigh(float[] logarithms, float[] weights) {
    for (int a = 0; a < weights.length; a++) {
      weights[a] = (float) Math.exp(logarithms[a]);
    }
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    EncoderConfig config = weights.config();
    float[] decay = new float[config.dim()];
    decay(weights.get(DECAY), decay);
    Actions read = config.parts().get(Actions.class);
    float[] actions = read == null ? ONE : new float[read.codes()];
    if (read != null) {
      weigh(weights.get(ACTION), actions);
    }
    LinearMap map = weights.linear(NAME, config.dim(), config.dim(), kernels);
    return (ForwardStep.Request)
        (EncodedRequest request, float[] sum) ->
            kernels.linear(map, mean(request, items, decay, actions), 1, sum, Epilogue.ADD);
  }

  private static float[] mean(
      EncodedRequest request, ItemEmbedding items, float[] decay, float[] actions) {
    int dim = decay.length;
    int[] ago = RequestColumns.of(request).visitsAgo();
    float[] sum = new float[dim];
    float[] weight = new float[dim];
    float[] item = new float[dim];
    for (int t = 0; t < ago.length && ago[t] > 0; t++) {
      if (t > 0 && ago[t] < ago[t - 1]) {
        for (int d = 0; d < dim; d++) {
          sum[d] *= decay[d];
          weight[d] *= decay[d];
        }
      }
      int action = request.historyActions()[t];
      if (RequestColumns.acted(action)) {
        items.copyHistory(request, t, item, 0);
        float own = actions[Math.min(action, actions.length - 1)];
        for (int d = 0; d < dim; d++) {
          sum[d] += own * item[d];
          weight[d] += own;
        }
      }
    }
    for (int d = 0; d < dim; d++) {
      sum[d] /= 1 + weight[d];
    }
    return sum;
  }

  @Override
  public TrainedPart training(Training training) {
    return new Trained(training);
  }

  /** Its weights, as all passes over a step's shards share them. */
  private static final class Trained implements TrainedPart {

    private final int dim;
    private final float[] logits; // (dim) of decay
    private final float[] decay; // (dim)
    private final @Nullable Actions read;
    private final float[] logarithms; // (codes) of actions; empty if those are not read
    private final float[] actions; // (codes)
    private final LinearPass map; // dim -> dim

    Trained(Training training) {
      this.dim = training.config().dim();
      this.logits = training.get(DECAY);
      this.decay = new float[dim];
      this.read = training.config().parts().get(Actions.class);
      this.logarithms = read == null ? new float[0] : training.get(ACTION);
      this.actions = new float[read == null ? 0 : read.codes()];
      this.map = training.linear(NAME, dim, dim);
    }

    @Override
    public void renew() {
      map.renew();
      decay(logits, decay);
      weigh(logarithms, actions);
    }

    @Override
    public TrainingStep pass(ItemVectors items) {
      return new Pass(this, items);
    }

    /** What token {@code t} counts. */
    float weight(PackedBatch batch, int t) {
      return read == null ? 1 : actions[read.row(batch.actions()[t])];
    }
  }

  /**
   * The interest of every visit of a batch: the recurrence {@code h(v+1) = a h(v) + s(v)}, where
   * {@code s(v)} is the sum of the items acted on in visit {@code v}, the same for their number
   * {@code n}, and {@code W (h / (1 + n)) + b}.
   */
  private static final class Pass implements TrainingStep.Request {

    private final Trained weights;
    private final ItemVectors items;
    private final int dim;
    private final float[] transposed;
    private final float[] vector;
    private int[] first = {}; // (sequences + 1) the row of each sequence's first visit
    private int rows;
    private float[] sum = {}; // (rows, dim) h
    private float[] count = {}; // (rows, dim) n
    private float[] mean = {}; // (rows, dim)
    private float[] out = {}; // (rows, dim)
    private float[] dOut = {}; // (rows, dim)
    private float[] dMean = {}; // (rows, dim)

    Pass(Trained weights, ItemVectors items) {
      this.weights = weights;
      this.items = items;
      this.dim = weights.dim;
      this.vector = new float[dim + TrainingKernels.SLACK];
      this.transposed = new float[weights.map.scratch() + TrainingKernels.SLACK];
    }

    /** Where the interest of a candidate lies. */
    private int at(PackedBatch batch, int c) {
      return (first[batch.shown().sequence()[c]] + batch.shown().visit()[c]) * dim;
    }

    @Override
    public void forward(PackedBatch batch, int c, float[] x, int at) {
      items.kernels().addScaled(x, at, out, at(batch, c), dim, 1);
    }

    @Override
    public void backward(PackedBatch batch, int c, float[] slope, int at, Gradient gradient) {
      items.kernels().addScaled(dOut, at(batch, c), slope, at, dim, 1);
    }

    @Override
    public void begin(PackedBatch batch) {
      first = new int[batch.sequences() + 1];
      for (int s = 0; s < batch.sequences(); s++) {
        // One more than there are: a request may begin one.
        first[s + 1] = first[s] + batch.visits()[batch.start()[s + 1] - 1] + 2;
      }
      rows = first[batch.sequences()];
      int size = rows * dim;
      sum = ensureCapacity(sum, size);
      count = ensureCapacity(count, size);
      mean = ensureCapacity(mean, size);
      out = ensureCapacity(out, size);
      dOut = ensureCapacity(dOut, size);
      dMean = ensureCapacity(dMean, size);
      Arrays.fill(sum, 0, size, 0);
      Arrays.fill(count, 0, size, 0);
      Arrays.fill(dOut, 0, size, 0);
      for (int s = 0; s < batch.sequences(); s++) {
        sums(batch, s);
      }
      for (int i = 0; i < size; i++) {
        mean[i] = sum[i] / (1 + count[i]);
      }
      weights.map.forward(mean, rows, out);
    }

    /** The recurrence over one sequence's visits. */
    private void sums(PackedBatch batch, int s) {
      float[] decay = weights.decay;
      int t = batch.start()[s];
      for (int row = first[s]; row < first[s + 1] - 1; row++) {
        int next = (row + 1) * dim;
        for (int d = 0; d < dim; d++) {
          sum[next + d] = decay[d] * sum[row * dim + d];
          count[next + d] = decay[d] * count[row * dim + d];
        }
        for (; t < batch.start()[s + 1] && batch.visits()[t] == row - first[s]; t++) {
          if (counts(batch, t)) {
            items.copy(batch.items()[t], batch.unknown()[t], vector, 0);
            float own = weights.weight(batch, t);
            for (int d = 0; d < dim; d++) {
              sum[next + d] += own * vector[d];
              count[next + d] += own;
            }
          }
        }
      }
    }

    private static boolean counts(PackedBatch batch, int t) {
      return batch.items()[t] != PackedBatch.START && RequestColumns.acted(batch.actions()[t]);
    }

    @Override
    public void end(PackedBatch batch, Gradient gradient) {
      weights.map.backward(mean, dOut, rows, dMean, false, gradient, transposed);
      for (int s = 0; s < batch.sequences(); s++) {
        sumsBackward(batch, s, gradient);
      }
    }

    /** The recurrence backward: from the newest visit to the oldest. */
    private void sumsBackward(PackedBatch batch, int s, Gradient gradient) {
      float[] dDecay = gradient.get(DECAY);
      float[] decay = weights.decay;
      float[] dSum = new float[dim + TrainingKernels.SLACK];
      float[] dCount = new float[dim];
      int t = batch.start()[s + 1] - 1;
      for (int row = first[s + 1] - 1; row > first[s]; row--) {
        int at = row * dim;
        int before = at - dim;
        for (int d = 0; d < dim; d++) {
          float share = dMean[at + d] / (1 + count[at + d]);
          dSum[d] += share;
          dCount[d] -= share * mean[at + d];
        }
        for (; t >= batch.start()[s] && batch.visits()[t] == row - 1 - first[s]; t--) {
          if (counts(batch, t)) {
            float own = weights.weight(batch, t);
            items.add(batch.items()[t], batch.unknown()[t], dSum, 0, own, gradient);
            actionBackward(batch, t, own, dSum, dCount, gradient);
          }
        }
        for (int d = 0; d < dim; d++) {
          float slope = dSum[d] * sum[before + d] + dCount[d] * count[before + d];
          dDecay[d] += decay[d] * (1 - decay[d]) * slope;
          dSum[d] *= decay[d];
          dCount[d] *= decay[d];
        }
      }
    }

    private void actionBackward(
        PackedBatch batch, int t, float own, float[] dSum, float[] dCount, Gradient gradient) {
      if (weights.read == null) {
        return;
      }
      items.copy(batch.items()[t], batch.unknown()[t], vector, 0);
      double slope = 0;
      for (int d = 0; d < dim; d++) {
        slope += dSum[d] * vector[d] + dCount[d];
      }
      gradient.get(ACTION)[weights.read.row(batch.actions()[t])] += (float) (own * slope);
    }
  }

  @Override
  public String ofRequest(EncoderNodes nodes) {
    GraphWriter graph = nodes.graph();
    int dim = nodes.config().dim();
    nodes.column(Column.HISTORY_ITEMS);
    String actions = nodes.column(Column.HISTORY_ACTIONS);
    String visits = nodes.column(Column.HISTORY_VISITS);
    String acted = graph.apply("Greater", actions, graph.scalar((long) FoldSettings.IMPRESSION));
    String earlier = graph.apply("Greater", visits, graph.scalar(0L));
    String counted = nodes.asColumn(graph.apply("And", acted, earlier)); // (length, 1)
    String faded =
        graph.apply("Max", graph.apply("Sub", visits, graph.scalar(1L)), graph.scalar(0L));
    String power = nodes.cast(faded, Element.FLOAT);
    String decay = graph.apply("Sigmoid", nodes.tensor(DECAY, 1, dim));
    String weight =
        graph.apply(
            "Where", counted, graph.apply("Pow", decay, nodes.asColumn(power)), graph.scalar(0f));
    Actions read = nodes.config().parts().get(Actions.class);
    if (read != null) {
      String known = graph.apply("Min", actions, graph.scalar(read.codes() - 1L));
      String own = graph.apply("Exp", nodes.tensor(ACTION, read.codes()));
      weight = graph.apply("Mul", weight, nodes.asColumn(graph.apply("Gather", own, known)));
    }
    String vectors = nodes.items(EncoderNodes.Side.HISTORY);
    String sum = graph.apply("ReduceSum", graph.apply("Mul", weight, vectors), graph.longs(0));
    String total = graph.apply("ReduceSum", weight, graph.longs(0)); // keeps the dimension
    String mean = graph.apply("Div", sum, nodes.add(total, graph.scalar(1f)));
    return graph.apply("Reshape", nodes.linear(mean, NAME, dim, dim), graph.longs(dim));
  }
}
