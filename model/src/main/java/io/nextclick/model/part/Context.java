// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

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
 * The user's attributes and the fields of the request, hashed into rows: their sum is part of what
 * the request says. Tensor {@code context.embedding} (buckets, dim).
 *
 * @param buckets 1 to 2^24
 */
public record Context(int buckets) implements ModelPart, GraphStep.Request {

  private static final String TABLE = "context.embedding";

  public Context {
    Parts.requireRange("context.buckets", buckets, 1, 1 << 24);
  }

  @Override
  public Set<Column> reads() {
    return Set.of(Column.CONTEXT);
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return List.of(Tensor.embedding(TABLE, buckets, config.dim()));
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    float[] table = weights.get(TABLE);
    int dim = weights.config().dim();
    return (ForwardStep.Request)
        (EncodedRequest request, float[] sum) -> {
          for (int bucket :
              RequestColumns.context(request.userAttributes(), request.context(), buckets)) {
            kernels.addRow(table, bucket, dim, sum, 0);
          }
        };
  }

  @Override
  public TrainedPart training(Training training) {
    float[] table = training.get(TABLE);
    return items ->
        new TrainingStep.Request() {
          @Override
          public void forward(PackedBatch batch, int c, float[] x, int at) {
            for (int bucket : batch.shown().context()[c]) {
              training.addRow(table, bucket, x, at);
            }
          }

          @Override
          public void backward(PackedBatch batch, int c, float[] slope, int at, Gradient gradient) {
            for (int bucket : batch.shown().context()[c]) {
              training.addToRow(gradient.get(TABLE), bucket, slope, at, 1);
            }
          }
        };
  }

  @Override
  public String ofRequest(EncoderNodes nodes) {
    String buckets = nodes.column(Column.CONTEXT);
    return nodes.sumOfRows(nodes.paddedTable("context", this.buckets), buckets, 0);
  }
}
