// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.features.item.Item;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Attributes of items that are numbers, such as a price: {@code z w + z^2 u} is added to an item's
 * vector, {@code z} being the standardised number, and for an item without one a vector of its own.
 * The square lets a product with a user's state have its peak at a price that the user likes. A
 * bundle's rows have it in them, with the numbers as they were in training; an item that came later
 * counts as one without.
 *
 * <p>Tensors {@code numeric.weight}, {@code numeric.square}, {@code numeric.missing} (names, dim).
 *
 * @param names of the attributes, 1 to 32; the first value of each is read
 * @param means of the items' numbers; empty in a recipe, filled in from the log
 * @param deviations above 0; likewise
 */
public record Numeric(List<String> names, List<Double> means, List<Double> deviations)
    implements ModelPart {

  private static final String WEIGHT = "numeric.weight";
  private static final String SQUARE = "numeric.square";
  private static final String MISSING = "numeric.missing";

  /** Deviations from the mean beyond which a number counts as there: a typing error is no price. */
  private static final double FURTHEST = 4;

  public Numeric {
    Parts.requireRange("numeric.names", names.size(), 1, 32);
    if (names.stream().anyMatch(String::isBlank)
        || names.stream().distinct().count() < names.size()) {
      throw new IllegalArgumentException(
          "numeric.names=%s is no list of different attributes, such as price,weight"
              .formatted(String.join(",", names)));
    }
    boolean open = means.isEmpty() && deviations.isEmpty();
    boolean fitted = means.size() == names.size() && deviations.size() == names.size();
    if (!open && !fitted) {
      throw new IllegalArgumentException("numeric has not one mean and deviation per name");
    }
    if (!means.stream().allMatch(Double::isFinite)
        || !deviations.stream().allMatch(x -> x > 0 && Double.isFinite(x))) {
      throw new IllegalArgumentException("numeric has a mean or deviation that is out of range");
    }
    names = List.copyOf(names);
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
  }

  @Override
  public Set<Column> reads() {
    return Set.of();
  }

  @Override
  public boolean behindLayers() {
    return true;
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return List.of(
        Tensor.embedding(WEIGHT, names.size(), config.dim()),
        Tensor.embedding(SQUARE, names.size(), config.dim()),
        Tensor.embedding(MISSING, names.size(), config.dim()));
  }

  /**
   * The numbers of the items with a row.
   *
   * @param values (items + 1, names), NaN where an item has none
   */
  public record Facts(List<String> names, double[][] values) implements ItemTable.Facts {
    @Override
    public void put(int row, Item item) {
      for (int k = 0; k < names.size(); k++) {
        List<String> texts = item.attributes().getOrDefault(names.get(k), List.of());
        values[row][k] = texts.isEmpty() ? Double.NaN : number(texts.getFirst());
      }
    }

    private static double number(String text) {
      try {
        double number = Double.parseDouble(text);
        return Double.isFinite(number) ? number : Double.NaN;
      } catch (NumberFormatException e) {
        return Double.NaN;
      }
    }

    @Override
    public long bytes() {
      return values.length * (16 + 8L * names.size());
    }

    @Override
    public int fingerprint() {
      return Arrays.deepHashCode(values);
    }
  }

  @Override
  public ItemTable.Facts facts(int items) {
    double[][] values = new double[items + 1][names.size()];
    for (double[] row : values) {
      Arrays.fill(row, Double.NaN);
    }
    return new Facts(names, values);
  }

  /**
   * Takes mean and deviation from the items, unless it has them.
   *
   * @throws IllegalArgumentException if no item has a number in an attribute
   */
  @Override
  public ModelPart fitted(int actions, ItemTable items) {
    if (!means.isEmpty() || !(items.of(this) instanceof Facts facts)) {
      return this;
    }
    List<Double> mean = new ArrayList<>();
    List<Double> deviation = new ArrayList<>();
    for (int k = 0; k < names.size(); k++) {
      int place = k;
      double[] known =
          Arrays.stream(facts.values)
              .mapToDouble(row -> row[place])
              .filter(Double::isFinite)
              .toArray();
      if (known.length == 0) {
        throw new IllegalArgumentException(
            "numeric=%s: no item that is learnt from has a number there".formatted(names.get(k)));
      }
      double center = Arrays.stream(known).average().orElseThrow();
      double spread =
          Math.sqrt(
              Arrays.stream(known).map(x -> (x - center) * (x - center)).average().orElseThrow());
      mean.add(center);
      deviation.add(spread > 0 && Double.isFinite(spread) ? spread : 1);
    }
    return new Numeric(names, mean, deviation);
  }

  @Override
  public @Nullable ForwardStep forward(
      EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    return null; // it is in the items' rows
  }

  @Override
  public @Nullable TrainedPart training(Training training) {
    return null;
  }

  @Override
  public TrainingStep.ItemVector itemStep(Training training, ItemTable.Facts facts) {
    float[][] standardised = standardised(((Facts) facts).values);
    return new TrainingStep.ItemVector() {
      @Override
      public void add(int row, float[] x, int at) {
        for (int k = 0; k < names.size(); k++) {
          float z = standardised[row][k];
          if (Float.isNaN(z)) {
            training.addRow(training.get(MISSING), k, x, at, 1);
          } else {
            training.addRow(training.get(WEIGHT), k, x, at, z);
            training.addRow(training.get(SQUARE), k, x, at, z * z);
          }
        }
      }

      @Override
      public void backward(int row, float[] slope, int at, float factor, Gradient gradient) {
        for (int k = 0; k < names.size(); k++) {
          float z = standardised[row][k];
          if (Float.isNaN(z)) {
            training.addToRow(gradient.get(MISSING), k, slope, at, factor);
          } else {
            training.addToRow(gradient.get(WEIGHT), k, slope, at, factor * z);
            training.addToRow(gradient.get(SQUARE), k, slope, at, factor * z * z);
          }
        }
      }
    };
  }

  private float[][] standardised(double[][] values) {
    float[][] standardised = new float[values.length][names.size()];
    for (int row = 0; row < values.length; row++) {
      for (int k = 0; k < names.size(); k++) {
        double z = (values[row][k] - means.get(k)) / deviations.get(k);
        standardised[row][k] = (float) Math.clamp(z, -FURTHEST, FURTHEST); // NaN stays
      }
    }
    return standardised;
  }
}
