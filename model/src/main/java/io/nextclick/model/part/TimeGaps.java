// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.Tensor;
import java.util.List;
import java.util.Set;

/**
 * How long before an entry the one before it was: a row per doubling of the pause is added to its
 * token. Tensor {@code timegap.embedding} (buckets, dim).
 *
 * @param buckets 1 to 64; longer pauses share the last one
 */
public record TimeGaps(int buckets) implements ModelPart, GraphStep.Token {

  private static final String TABLE = "timegap.embedding";

  public TimeGaps {
    Parts.requireRange("timeGaps.buckets", buckets, 1, Buckets.GAPS);
  }

  @Override
  public Set<Column> reads() {
    return Set.of(Column.HISTORY_GAPS);
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return List.of(Tensor.embedding(TABLE, buckets, config.dim()));
  }

  private int row(int gap) {
    return Math.min(gap, buckets - 1);
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    float[] table = weights.get(TABLE);
    int dim = weights.config().dim();
    return (ForwardStep.Token)
        (EncodedRequest request, int t, float[] x, int at) ->
            kernels.addRow(table, row(RequestColumns.gap(request.historyTimes(), t)), dim, x, at);
  }

  @Override
  public TrainedPart training(Training training) {
    float[] table = training.get(TABLE);
    return items ->
        new TrainingStep.Token() {
          @Override
          public void forward(PackedBatch batch, int t, float[] x, int at) {
            training.addRow(table, row(batch.gaps()[t]), x, at);
          }

          @Override
          public void backward(PackedBatch batch, int t, float[] slope, int at, Gradient gradient) {
            training.addToRow(gradient.get(TABLE), row(batch.gaps()[t]), slope, at, 1);
          }
        };
  }

  @Override
  public String addToTokens(EncoderNodes nodes, String x) {
    return nodes.addRows(x, "timegap", buckets, Column.HISTORY_GAPS);
  }
}
