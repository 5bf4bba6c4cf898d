// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.decoder.DecoderWeights;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.pass.DecoderPass;
import io.nextclick.model.pass.Dropout;
import io.nextclick.model.pass.EncoderPass;
import io.nextclick.model.pass.Shards;
import io.nextclick.model.train.Example;
import io.nextclick.model.train.Optimizer;
import io.nextclick.model.train.WeightAverage;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.Parameters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Trains a decoder: batch by batch, until the validation gets no better. */
final class DecoderTrainer implements AutoCloseable {

  /** What comes out. */
  record Result(DecoderWeights weights, List<TrainedDecoder.Epoch> epochs, int best) {}

  /** One shard's memory. */
  private record Shard(EncoderPass encoder, DecoderPass decoder, Gradient gradient) {}

  private final TrainingKernels kernels;
  private final DecoderConfig config;
  private final DecoderSettings settings;
  private final long seed;
  private final FrozenEncoder frozen;
  private final DecoderItems items;
  private final Parameters parameters;
  private final ItemVectors vectors;
  private final WeightAverage average;
  private final Shards<Example> shards;
  private final List<Shard> passes = new ArrayList<>();

  DecoderTrainer(
      TrainingKernels kernels,
      DecoderConfig config,
      DecoderSettings settings,
      long seed,
      int threads,
      FrozenEncoder frozen) {
    this.kernels = kernels;
    this.config = config;
    this.settings = settings;
    this.seed = seed;
    this.frozen = frozen;
    this.items = new DecoderItems(kernels, frozen.shared());
    this.parameters = items.initial(config, settings.spread(), seed);
    this.vectors = items.vectors(parameters);
    this.average = new WeightAverage(kernels, settings.averaging(), parameters);
    this.shards = new Shards<>(threads, Example::cost);
    for (int s = 0; s < Shards.count(threads); s++) {
      passes.add(
          new Shard(
              new EncoderPass(kernels, frozen.shared(), null),
              new DecoderPass(kernels, config, parameters, vectors.vectors()),
              new Gradient(parameters)));
    }
  }

  /**
   * Trains to the end.
   *
   * @param validation of weights; less is better
   */
  Result train(
      List<Example> examples,
      ToDoubleFunction<DecoderWeights> validation,
      Consumer<TrainedDecoder.Epoch> listener) {
    int batches = Math.ceilDiv(examples.size(), settings.batch());
    var optimizer =
        new Optimizer(
            kernels, settings.optimizer(), parameters, (long) batches * settings.epochs());
    List<TrainedDecoder.Epoch> epochs = new ArrayList<>();
    Map<String, float[]> bestWeights = Map.of();
    int best = 0;
    while (epochs.size() < settings.epochs() && epochs.size() - best < settings.patience()) {
      double loss = epoch(examples, epochs.size(), optimizer);
      var weights = new DecoderWeights(config, items.baked(average.weights()));
      var epoch = new TrainedDecoder.Epoch(loss, validation.applyAsDouble(weights));
      if (best == 0 || epoch.validation() < epochs.get(best - 1).validation()) {
        best = epochs.size() + 1;
        bestWeights = weights.tensors();
      }
      epochs.add(epoch);
      listener.accept(epoch);
    }
    return new Result(new DecoderWeights(config, bestWeights), List.copyOf(epochs), best);
  }

  private double epoch(List<Example> examples, int number, Optimizer optimizer) {
    List<Example> order = new ArrayList<>(examples);
    Collections.shuffle(order, new Random(Dropout.mix(seed + number)));
    double loss = 0;
    long rows = 0;
    for (int from = 0; from < order.size(); from += settings.batch()) {
      List<Example> batch = order.subList(from, Math.min(order.size(), from + settings.batch()));
      int shown = DecoderTraining.rows(batch);
      loss += run(batch, Dropout.mix(seed ^ Dropout.mix(optimizer.step() + 1)));
      optimizer.step(passes.getFirst().gradient, 1.0 / shown);
      average.add(optimizer.step());
      rows += shown;
    }
    return loss / rows;
  }

  /** One batch; its gradient is that of the first shard. */
  private double run(List<Example> batch, long key) {
    vectors.renewAll();
    List<List<Example>> dealt = shards.deal(batch);
    List<Callable<Double>> tasks = new ArrayList<>();
    for (int s = 0; s < passes.size(); s++) {
      Shard shard = passes.get(s);
      List<Example> examples = dealt.get(s);
      long shardKey = Dropout.mix(key + s);
      tasks.add(() -> run(shard, examples, shardKey));
    }
    double loss = shards.all(tasks).stream().mapToDouble(x -> x).sum();
    for (Shard shard : passes.subList(1, passes.size())) {
      passes.getFirst().gradient.add(shard.gradient, kernels);
    }
    vectors.finish(passes.getFirst().gradient);
    return loss;
  }

  private double run(Shard shard, List<Example> examples, long key) {
    shard.gradient.clear();
    if (examples.isEmpty()) {
      return 0;
    }
    PackedBatch packed = Example.pack(examples, frozen.config(), 0, new SplittableRandom(key));
    shard.decoder.renew();
    return shard.decoder.run(
        packed,
        shard.encoder.encode(packed),
        frozen.shared().items(),
        new Dropout(kernels, settings.dropout(), key),
        shard.gradient);
  }

  @Override
  public void close() {
    shards.close();
  }
}
