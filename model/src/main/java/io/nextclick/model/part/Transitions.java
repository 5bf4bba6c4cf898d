// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.retrieve.InnerProductSearch;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import io.nextclick.model.weights.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which item follows which: a candidate's logit has in it the product of a row for the item acted
 * on last in the request's visit and of one for the candidate, the factorised Markov chain of
 * Rendle et al., "Factorizing personalized Markov chains for next-basket recommendation", section
 * 4. Tensors {@code transition.from}, {@code transition.to} (items + 1, width).
 *
 * @param width of the factors, 1 to 1,024
 * @param weightDecay per step, times the learning rate: most pairs are met a few times, and say
 *     little
 */
public record Transitions(int width, double weightDecay) implements ModelPart, GraphStep.Logit {

  private static final String FROM = "transition.from";
  private static final String TO = "transition.to";

  public Transitions {
    Parts.requireRange("transitions.width", width, 1, 1_024);
    if (!(weightDecay >= 0 && weightDecay <= 100)) {
      throw new IllegalArgumentException(
          "transitions.weightDecay=%s is not between 0 and 100".formatted(weightDecay));
    }
  }

  @Override
  public Set<Column> reads() {
    return Set.of(Column.NEWEST_ITEM, Column.CANDIDATES);
  }

  @Override
  public boolean behindLayers() {
    return true;
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    int rows = config.items() + 1;
    return List.of(
        Tensor.ofItems(FROM, rows, width, general -> weightDecay),
        Tensor.ofItems(TO, rows, width, general -> weightDecay));
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    float[] from = weights.get(FROM);
    InnerProductSearch.Matrix to = new InnerProductSearch.Matrix(weights.get(TO), width);
    return new ForwardStep.Logit() {
      @Override
      public float @Nullable [] factors(EncodedRequest request) {
        int newest = RequestColumns.of(request).newest();
        if (newest < 0) {
          return null;
        }
        int row = request.historyItems()[newest];
        return Arrays.copyOfRange(from, row * width, (row + 1) * width);
      }

      @Override
      public InnerProductSearch.Matrix matrix() {
        return to;
      }
    };
  }

  @Override
  public TrainedPart training(Training training) {
    return items -> new Pass(training.kernels(), training.get(FROM), training.get(TO));
  }

  private final class Pass implements TrainingStep.Logit {

    private final TrainingKernels kernels;
    private final float[] ofFrom;
    private final float[] ofTo;

    Pass(TrainingKernels kernels, float[] ofFrom, float[] ofTo) {
      this.kernels = kernels;
      this.ofFrom = ofFrom;
      this.ofTo = ofTo;
    }

    @Override
    public float score(PackedBatch batch, int c) {
      int from = from(batch, c);
      return from < 0 ? 0 : kernels.dot(ofFrom, from * width, ofTo, to(batch, c) * width, width);
    }

    @Override
    public void backward(PackedBatch batch, int c, float slope, Gradient gradient) {
      int from = from(batch, c);
      if (from < 0) {
        return;
      }
      int to = to(batch, c);
      kernels.addScaled(gradient.row(FROM, from), from * width, ofTo, to * width, width, slope);
      kernels.addScaled(gradient.row(TO, to), to * width, ofFrom, from * width, width, slope);
    }

    private int to(PackedBatch batch, int c) {
      return batch.unknown()[batch.tokens() + c] ? 0 : batch.shown().items()[c];
    }

    /** The row of the item acted on last in the candidate's visit; -1 if there is none. */
    private int from(PackedBatch batch, int c) {
      Shown shown = batch.shown();
      int newest = shown.newest()[c];
      if (newest < 0) {
        return -1;
      }
      int t = batch.start()[shown.sequence()[c]] + newest;
      return batch.unknown()[t] ? 0 : batch.items()[t];
    }
  }

  @Override
  public String addToLogits(EncoderNodes nodes, String logits) {
    GraphWriter graph = nodes.graph();
    int rows = nodes.config().items() + 1;
    // -1 picks the row of zeros at the end.
    float[] padded = Arrays.copyOf(nodes.values(FROM), (rows + 1) * width);
    String newest = nodes.column(Column.NEWEST_ITEM);
    String from = graph.apply("Gather", graph.floats(FROM, padded, rows + 1, width), newest);
    String to =
        graph.apply("Gather", nodes.tensor(TO, rows, width), nodes.column(Column.CANDIDATES));
    return nodes.add(logits, nodes.sumOver(graph.apply("Mul", from, to), 1));
  }
}
