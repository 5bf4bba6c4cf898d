// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.Item;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Element;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An item's attributes, hashed into rows: their mean is added to its vector. A bundle's rows of
 * known items have it in them, so serving looks attributes up for unknown items alone. Tensor
 * {@code attribute.embedding} (buckets, dim).
 *
 * @param buckets 1 to 2^24
 */
public record Attributes(int buckets) implements ModelPart, GraphStep.ItemVector {

  private static final String TABLE = "attribute.embedding";

  public Attributes {
    Parts.requireRange("attributes.buckets", buckets, 1, 1 << 24);
  }

  @Override
  public Set<Column> reads() {
    return Set.of(Column.HISTORY_ATTRIBUTES, Column.CANDIDATE_ATTRIBUTES);
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return List.of(Tensor.embedding(TABLE, buckets, config.dim()));
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    return new OfUnknown(weights.get(TABLE), weights.config().dim());
  }

  private record OfUnknown(float[] table, int dim) implements ForwardStep.ItemVector {
    @Override
    public void addToHistory(EncodedRequest request, int t, float[] x, int at) {
      add(request.unknown().ofHistory(t), x, at);
    }

    @Override
    public void addToCandidate(EncodedRequest request, int c, float[] x, int at) {
      add(request.unknown().ofCandidate(c), x, at);
    }

    private void add(int[] of, float[] x, int at) {
      for (int bucket : of) {
        for (int d = 0; d < dim; d++) {
          x[at + d] += table[bucket * dim + d] / of.length;
        }
      }
    }
  }

  /**
   * The attributes of the items with a row.
   *
   * @param buckets of the model
   * @param rows (items + 1) the buckets of each; none for row 0
   */
  public record Facts(int buckets, int[][] rows) implements ItemTable.Facts {
    @Override
    public void put(int row, Item item) {
      rows[row] = Buckets.ofAttributes(item.attributes(), buckets);
    }

    @Override
    public long bytes() {
      return Arrays.stream(rows).mapToLong(row -> 16 + 4L * row.length).sum();
    }

    @Override
    public int fingerprint() {
      return Arrays.deepHashCode(rows);
    }
  }

  @Override
  public ItemTable.Facts facts(int items) {
    int[][] rows = new int[items + 1][];
    Arrays.fill(rows, new int[0]);
    return new Facts(buckets, rows);
  }

  @Override
  public @Nullable TrainedPart training(Training training) {
    return null;
  }

  @Override
  public TrainingStep.ItemVector itemStep(Training training, ItemTable.Facts facts) {
    float[] table = training.get(TABLE);
    int[][] rows = ((Facts) facts).rows;
    return new TrainingStep.ItemVector() {
      @Override
      public void add(int row, float[] x, int at) {
        int[] of = rows[row];
        for (int bucket : of) {
          training.addRow(table, bucket, x, at, 1f / of.length);
        }
      }

      @Override
      public void backward(int row, float[] slope, int at, float factor, Gradient gradient) {
        int[] of = rows[row];
        for (int bucket : of) {
          training.addToRow(gradient.get(TABLE), bucket, slope, at, factor / of.length);
        }
      }
    };
  }

  @Override
  public String addToItems(EncoderNodes nodes, String x, EncoderNodes.Side side) {
    GraphWriter graph = nodes.graph();
    boolean history = side == EncoderNodes.Side.HISTORY;
    String of = nodes.column(history ? Column.HISTORY_ATTRIBUTES : Column.CANDIDATE_ATTRIBUTES);
    String given = nodes.cast(graph.apply("GreaterOrEqual", of, graph.scalar(0L)), Element.FLOAT);
    String count = graph.apply("ReduceSum", given, graph.longs(1)); // keeps the dimension
    String sum = nodes.sumOfRows(nodes.paddedTable("attribute", buckets), of, 1);
    String mean = graph.apply("Div", sum, graph.apply("Max", count, graph.scalar(1f)));
    return nodes.add(x, mean);
  }
}
