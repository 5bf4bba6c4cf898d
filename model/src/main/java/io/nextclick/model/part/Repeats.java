// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.ItemCounts;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Element;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.Tensor;
import java.util.List;
import java.util.Set;

/**
 * How often the history has a candidate, with an action other than being shown: a row for once,
 * twice, ... or more often is added to it. To find that out by attention alone would take a head
 * that compares rows. Tensor {@code repeat.embedding} (most, dim).
 *
 * @param most times that are told apart, 1 to 16
 */
public record Repeats(int most) implements ModelPart, GraphStep.Candidate {

  private static final String TABLE = "repeat.embedding";

  public Repeats {
    Parts.requireRange("repeats.most", most, 1, 16);
  }

  @Override
  public Set<Column> reads() {
    return Set.of(Column.HISTORY_ITEMS, Column.HISTORY_ACTIONS, Column.CANDIDATES);
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return List.of(Tensor.embedding(TABLE, most, config.dim()));
  }

  /** The row for so many times; -1 for none. */
  private int row(int times) {
    return Math.min(times, most) - 1;
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    float[] table = weights.get(TABLE);
    int dim = weights.config().dim();
    return (ForwardStep.Candidate)
        (EncodedRequest request) ->
            new OfCounts(RequestColumns.of(request).repeats(), most, table, dim, kernels);
  }

  private record OfCounts(ItemCounts counts, int most, float[] table, int dim, Kernels kernels)
      implements ForwardStep.Candidate.OfRequest {

    @Override
    public int[] rows() {
      return counts.rows();
    }

    @Override
    public void add(int row, float[] x, int at) {
      int times = Math.min(counts.of(row), most);
      if (times > 0) {
        kernels.addRow(table, times - 1, dim, x, at);
      }
    }
  }

  @Override
  public TrainedPart training(Training training) {
    float[] table = training.get(TABLE);
    return items ->
        new TrainingStep.Candidate() {
          @Override
          public void forward(PackedBatch batch, int c, float[] x, int at) {
            int row = row(batch, c);
            if (row >= 0) {
              training.addRow(table, row, x, at);
            }
          }

          @Override
          public void backward(
              PackedBatch batch, int c, float[] slope, int at, float factor, Gradient gradient) {
            int row = row(batch, c);
            if (row >= 0) {
              training.addToRow(gradient.get(TABLE), row, slope, at, factor);
            }
          }
        };
  }

  /** An item that stands as a new one repeats nothing. */
  private int row(PackedBatch batch, int c) {
    return batch.unknown()[batch.tokens() + c] ? -1 : row(batch.shown().repeats()[c]);
  }

  @Override
  public String addToCandidates(EncoderNodes nodes, String x) {
    GraphWriter graph = nodes.graph();
    String candidates = nodes.column(Column.CANDIDATES);
    String items = nodes.column(Column.HISTORY_ITEMS);
    String actions = nodes.column(Column.HISTORY_ACTIONS);
    String known = graph.apply("Greater", candidates, graph.scalar(0L));
    String acted = graph.apply("Greater", actions, graph.scalar((long) FoldSettings.IMPRESSION));
    String same = graph.apply("Equal", nodes.asColumn(candidates), items); // (candidates, length)
    String counted = graph.apply("And", graph.apply("And", same, acted), nodes.asColumn(known));
    String times = nodes.sumOver(nodes.cast(counted, Element.INT64), 1);
    // -1 picks the row of zeros at the end.
    String row = graph.apply("Sub", times, graph.scalar(1L));
    String last = graph.apply("Min", row, graph.scalar(most - 1L));
    return nodes.add(x, graph.apply("Gather", nodes.paddedTable("repeat", most), last));
  }
}
