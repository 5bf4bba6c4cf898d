// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.Tensor;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was done with the item of an entry: a row per action code is added to its token. Tensor
 * {@code action.embedding} (codes, dim).
 *
 * @param codes action codes, the last one for all behind it; 0 to 128, 0 in a recipe for all that
 *     the log has
 */
public record Actions(int codes) implements ModelPart, GraphStep.Token {

  private static final String TABLE = "action.embedding";

  public Actions {
    Parts.requireRange("actions.codes", codes, 0, 128);
  }

  @Override
  public Set<Column> reads() {
    return Set.of(Column.HISTORY_ACTIONS);
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return List.of(Tensor.embedding(TABLE, codes, config.dim()));
  }

  @Override
  public @Nullable ModelPart fitted(int actions, ItemTable items) {
    return actions == 0 ? null : new Actions(actions);
  }

  /** The row of an action code. */
  int row(int code) {
    return Math.min(code, codes - 1);
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    float[] table = weights.get(TABLE);
    int dim = weights.config().dim();
    return (ForwardStep.Token)
        (EncodedRequest request, int t, float[] x, int at) ->
            kernels.addRow(table, row(request.historyActions()[t]), dim, x, at);
  }

  @Override
  public TrainedPart training(Training training) {
    float[] table = training.get(TABLE);
    return items ->
        new TrainingStep.Token() {
          @Override
          public void forward(PackedBatch batch, int t, float[] x, int at) {
            training.addRow(table, row(batch.actions()[t]), x, at);
          }

          @Override
          public void backward(PackedBatch batch, int t, float[] slope, int at, Gradient gradient) {
            training.addToRow(gradient.get(TABLE), row(batch.actions()[t]), slope, at, 1);
          }
        };
  }

  @Override
  public String addToTokens(EncoderNodes nodes, String x) {
    return nodes.addRows(x, "action", codes, Column.HISTORY_ACTIONS);
  }
}
