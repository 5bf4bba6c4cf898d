// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import io.nextclick.model.weights.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The entries just before a token are added to it, each weighted per dimension: a depthwise causal
 * convolution over the embedded tokens, as the token shift of Peng et al., arXiv 2305.13048, so
 * that neighbours are known without a search by positions. A candidate with {@code attend} follows
 * the newest entry. Tensor {@code shift.weight} (entries, dim), row 0 for the entry just before.
 *
 * @param entries added, 1 to 8
 */
public record TokenShift(int entries) implements ModelPart, GraphStep.Tokens {

  private static final String WEIGHT = "shift.weight";

  public TokenShift {
    Parts.requireRange("shift.entries", entries, 1, 8);
  }

  @Override
  public Set<Column> reads() {
    return Set.of();
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return List.of(Tensor.free(WEIGHT, FirstValues.ZEROS, entries, config.dim()));
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    float[] weight = weights.get(WEIGHT);
    int dim = weights.config().dim();
    return new ForwardStep.Tokens() {
      @Override
      public int reach() {
        return entries;
      }

      @Override
      public void add(float[] x, int row, float[] y, int at) {
        for (int back = 1; back <= Math.min(entries, row); back++) {
          for (int d = 0; d < dim; d++) {
            y[at + d] += weight[(back - 1) * dim + d] * x[(row - back) * dim + d];
          }
        }
      }
    };
  }

  @Override
  public TrainedPart training(Training training) {
    return items -> new Pass(training.get(WEIGHT), training.config().dim());
  }

  private interface Visitor {
    /** Entry {@code from} is added to {@code row}, with weights {@code weight}. */
    void add(int row, int from, int weight);
  }

  private final class Pass implements TrainingStep.Tokens {

    private final float[] weights;
    private final int dim;
    private float[] before = {}; // (rows, dim) the tokens, each by itself

    Pass(float[] weights, int dim) {
      this.weights = weights;
      this.dim = dim;
    }

    @Override
    public void forward(PackedBatch batch, int rows, float[] x) {
      before = TrainingKernels.ensureCapacity(before, rows * dim);
      System.arraycopy(x, 0, before, 0, rows * dim);
      each(
          batch,
          rows,
          (row, from, weight) -> {
            for (int d = 0; d < dim; d++) {
              x[row + d] += weights[weight + d] * before[from + d];
            }
          });
    }

    /** When a step adds to an earlier row, that row's own steps are done. */
    @Override
    public void backward(PackedBatch batch, int rows, float[] slope, Gradient gradient) {
      float[] dWeights = gradient.get(WEIGHT);
      each(
          batch,
          rows,
          (row, from, weight) -> {
            for (int d = 0; d < dim; d++) {
              dWeights[weight + d] += slope[row + d] * before[from + d];
              slope[from + d] += weights[weight + d] * slope[row + d];
            }
          });
    }

    /** Every token after the ones before it, then every candidate after the newest that it sees. */
    private void each(PackedBatch batch, int rows, Visitor visitor) {
      for (int s = 0; s < batch.sequences(); s++) {
        for (int t = batch.start()[s] + 1; t < batch.start()[s + 1]; t++) {
          each(t, t, batch.start()[s], visitor);
        }
      }
      Shown shown = batch.shown();
      for (int c = 0; c < rows - batch.tokens(); c++) {
        int start = batch.start()[shown.sequence()[c]];
        if (batch.items()[start] != PackedBatch.START) {
          each(batch.tokens() + c, start + shown.visibleLength()[c], start, visitor);
        }
      }
    }

    private void each(int row, int behind, int start, Visitor visitor) {
      for (int back = 1; back <= Math.min(entries, behind - start); back++) {
        visitor.add(row * dim, (behind - back) * dim, (back - 1) * dim);
      }
    }
  }

  @Override
  public String shift(EncoderNodes nodes, String x) {
    GraphWriter graph = nodes.graph();
    String shifted = x;
    for (int back = 1; back <= entries; back++) {
      String before =
          graph.apply(
              "Slice", behind(nodes, x, back), graph.longs(0), nodes.length(x), graph.longs(0));
      shifted = nodes.add(shifted, graph.apply("Mul", before, weight(nodes, back)));
    }
    return shifted;
  }

  @Override
  public String newest(EncoderNodes nodes, String x) {
    GraphWriter graph = nodes.graph();
    String present = nodes.asColumn(nodes.present());
    String tokens = graph.apply("Where", present, x, graph.scalar(0f));
    String sum = "";
    for (int back = 1; back <= entries; back++) {
      String end = graph.apply("Add", nodes.length(x), graph.longs(1));
      String row =
          graph.apply("Slice", behind(nodes, tokens, back), nodes.length(x), end, graph.longs(0));
      String weighted = graph.apply("Mul", row, weight(nodes, back));
      sum = back == 1 ? weighted : nodes.add(sum, weighted);
    }
    return sum;
  }

  /** The tokens behind so many rows of zeros. */
  private static String behind(EncoderNodes nodes, String x, int rows) {
    int dim = nodes.config().dim();
    return nodes.concat(
        0, nodes.graph().floats("zeros." + rows, new float[rows * dim], rows, dim), x);
  }

  private static String weight(EncoderNodes nodes, int back) {
    int dim = nodes.config().dim();
    float[] row = Arrays.copyOfRange(nodes.values(WEIGHT), (back - 1) * dim, back * dim);
    return nodes.graph().floats(WEIGHT + "." + back, row, dim);
  }
}
