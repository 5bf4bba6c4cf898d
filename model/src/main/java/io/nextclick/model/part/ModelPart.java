// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.model.baseline.TransitionGraph;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.weights.LinearPass;
import io.nextclick.model.weights.Parameters;
import io.nextclick.model.weights.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A part of a model beside its layers, as it is set: a record of its settings. The model walks the
 * slots of its parts and knows none of them by name:
 *
 * <pre>
 *  item       what stands for an item
 *  token      what a history entry brings along beside its item
 *  tokens     what an entry's neighbours add to it
 *  candidate  what the history says of a candidate
 *  request    what a request says beside history and candidates
 *  query      what the state and the request make together, with dot
 *  logit      what is added to a candidate's logit
 * mix        what becomes of a candidate's logit in the end; none in training
 *  norm       what normalises in the layers: a RowNorm, of which a model has one at most
 * </pre>
 *
 * A part fills a slot in all three forms: {@link ForwardStep} in serving, {@link TrainingStep} in
 * training, and {@link GraphStep}, which the record implements itself, in a graph.
 */
public interface ModelPart {

  /** What it reads of a request. */
  Set<Column> reads();

  /** Its tensors, in the order of the file. */
  List<Tensor> tensors(EncoderConfig config);

  /** Whether its tensors stand behind those of the layers in the file. */
  default boolean behindLayers() {
    return false;
  }

  /** Why it does not go with a scoring; null if it does. */
  default @Nullable String unfit(Scoring scoring) {
    return null;
  }

  /**
   * The part as it fits what is trained on; null if that has nothing for it.
   *
   * @param actions names of action codes that the log has; 0 if they are not read
   * @param items what is known of the items with a row
   */
  default @Nullable ModelPart fitted(int actions, ItemTable items) {
    return this;
  }

  /** Whether what comes next teaches it, or only what was shown. */
  default boolean learnsNextItems() {
    return true;
  }

  /** What it must know of every item to be trained; null for nothing. */
  default ItemTable.@Nullable Facts facts(int items) {
    return null;
  }

  /**
   * Tensors that are not learnt but known of the items, by name; zeros while training.
   *
   * @param facts what {@link #facts} has collected
   */
  default Map<String, float[]> known(ItemTable.Facts facts) {
    return Map.of();
  }

  /** The part in serving; null where the items' rows have it in them, or the layers walk it. */
  @Nullable ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels);

  /** The part in training; null where {@link #itemStep} is all of it, or the layers walk it. */
  @Nullable TrainedPart training(Training training);

  /**
   * What is in the vectors of the items; null for nothing.
   *
   * @param facts what {@link #facts} has collected
   */
  default TrainingStep.@Nullable ItemVector itemStep(Training training, ItemTable.Facts facts) {
    return null;
  }

  /**
   * A part that is not trained with the encoder: its tables are counted on the training part of the
   * log, and the weights of what they say, the encoder's own logit among it, are fitted to the
   * validation part once the encoder is there.
   */
  interface StackedPart extends ModelPart {

    /** Items that are kept of each item's successors. */
    int successors();

    /** Whether it knows items that share attributes. */
    boolean alike();

    /** Weights of one class of histories: the encoder's, one of each table, and others. */
    int features();

    /** Which of them is that of popularity. */
    int popularity();

    /** Classes of histories, by their length; each has weights of its own. */
    int classes();

    /**
     * The tensors.
     *
     * @param graph what was counted
     * @param weights (classes)(features)
     */
    Map<String, float[]> tensors(TransitionGraph graph, double[][] weights);

    /** What the tables say of a request. */
    ItemGraph.Counts counts(EncoderWeights weights);
  }

  /** A part in training, as all threads share it. */
  interface TrainedPart {

    /** Takes new weights in; before the first step and after each. */
    default void renew() {}

    /**
     * Its passes over batches, for one thread.
     *
     * @param items the vectors of the items
     */
    TrainingStep pass(ItemVectors items);
  }

  /**
   * What parts are trained with.
   *
   * @param parameters the live weights
   * @param items what is known of the items
   */
  record Training(
      TrainingKernels kernels, EncoderConfig config, Parameters parameters, ItemTable items) {

    /** The live values of a tensor, with slack behind them. */
    float[] get(String tensor) {
      return parameters.get(tensor);
    }

    /** A linear map (out, in). */
    LinearPass linear(String name, int out, int in) {
      return new LinearPass(kernels, parameters, name, out, in);
    }

    /** Adds row {@code row} of a table (rows, dim) to {@code x[at]}. */
    void addRow(float[] table, int row, float[] x, int at) {
      addRow(table, row, x, at, 1);
    }

    /** The same, {@code factor} times. */
    void addRow(float[] table, int row, float[] x, int at, float factor) {
      kernels.addScaled(x, at, table, row * config.dim(), config.dim(), factor);
    }

    /** Adds {@code factor * slope[at]} to row {@code row} of a gradient's table (rows, dim). */
    void addToRow(float[] table, int row, float[] slope, int at, float factor) {
      kernels.addScaled(table, row * config.dim(), slope, at, config.dim(), factor);
    }
  }
}
