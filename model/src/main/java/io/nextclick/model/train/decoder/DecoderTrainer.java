// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import static java.util.Objects.requireNonNull;

import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.decoder.DecoderWeights;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.pass.DecoderPass;
import io.nextclick.model.pass.Dropout;
import io.nextclick.model.pass.EncoderPass;
import io.nextclick.model.pass.Shards;
import io.nextclick.model.pass.SharedWeights;
import io.nextclick.model.train.Example;
import io.nextclick.model.train.Optimizer;
import io.nextclick.model.train.WeightAverage;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.Parameters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Trains a decoder and the encoder that it reads: batch by batch, until the validation gets no
 * better.
 */
final class DecoderTrainer implements AutoCloseable {

  /** What comes out. */
  record Result(PageWeights weights, List<TrainedDecoder.Epoch> epochs, int best) {}

  /** One shard's memory. */
  private record Shard(
      EncoderPass encoder, DecoderPass decoder, Gradient gradient, Gradient ofEncoder) {}

  /** Weights in training. */
  private static final class Learnt {
    private final Parameters live;
    private final WeightAverage average;
    private @Nullable Optimizer optimizer;

    Learnt(TrainingKernels kernels, Parameters live, double averaging) {
      this.live = live;
      this.average = new WeightAverage(kernels, averaging, live);
    }

    void step(Gradient gradient, double scale) {
      Optimizer steps = requireNonNull(optimizer);
      steps.step(gradient, scale);
      average.add(steps.step());
    }
  }

  private final TrainingKernels kernels;
  private final DecoderConfig config;
  private final DecoderSettings settings;
  private final long seed;
  private final TrainedEncoder trained;
  private final Learnt encoder;
  private final SharedWeights shared; // of the encoder
  private final SharedWeights averaged;
  private final DecoderItems items;
  private final Learnt decoder;
  private final ItemVectors vectors;
  private final Shards<Example> shards;
  private final List<Shard> passes = new ArrayList<>();
  private long steps;

  DecoderTrainer(
      TrainingKernels kernels,
      DecoderConfig config,
      DecoderSettings settings,
      long seed,
      int threads,
      TrainedEncoder trained) {
    this.kernels = kernels;
    this.config = config;
    this.settings = settings;
    this.seed = seed;
    this.trained = trained;
    this.encoder = new Learnt(kernels, trained.copy(), settings.averaging());
    this.shared = trained.like(kernels, encoder.live);
    this.averaged = trained.like(kernels, encoder.average.weights());
    this.items = new DecoderItems(kernels, trained.shared());
    this.decoder =
        new Learnt(kernels, items.initial(config, settings.spread(), seed), settings.averaging());
    this.vectors = items.vectors(decoder.live);
    this.shards = new Shards<>(threads, Example::cost);
    for (int s = 0; s < Shards.count(threads); s++) {
      passes.add(
          new Shard(
              new EncoderPass(kernels, shared, null),
              new DecoderPass(kernels, config, decoder.live, vectors.vectors()),
              new Gradient(decoder.live),
              new Gradient(encoder.live)));
    }
  }

  /**
   * Trains to the end.
   *
   * @param validation of weights; less is better
   */
  Result train(
      List<Example> examples,
      ToDoubleFunction<PageWeights> validation,
      Consumer<TrainedDecoder.Epoch> listener) {
    long all = (long) Math.ceilDiv(examples.size(), settings.batch()) * settings.epochs();
    decoder.optimizer = new Optimizer(kernels, settings.optimizer(), decoder.live, all);
    encoder.optimizer = new Optimizer(kernels, settings.ofEncoder(), encoder.live, all);
    List<TrainedDecoder.Epoch> epochs = new ArrayList<>();
    PageWeights best = null;
    int number = 0;
    while (epochs.size() < settings.epochs() && epochs.size() - number < settings.patience()) {
      double loss = epoch(examples, epochs.size());
      var weights =
          new PageWeights(
              new DecoderWeights(config, items.baked(decoder.average.weights())), averaged.baked());
      var epoch = new TrainedDecoder.Epoch(loss, validation.applyAsDouble(weights));
      if (best == null || epoch.validation() < epochs.get(number - 1).validation()) {
        number = epochs.size() + 1;
        best = weights;
      }
      epochs.add(epoch);
      listener.accept(epoch);
    }
    return new Result(requireNonNull(best), List.copyOf(epochs), number);
  }

  private double epoch(List<Example> examples, int number) {
    List<Example> order = new ArrayList<>(examples);
    Collections.shuffle(order, new Random(Dropout.mix(seed + number)));
    double loss = 0;
    long rows = 0;
    for (int from = 0; from < order.size(); from += settings.batch()) {
      List<Example> batch = order.subList(from, Math.min(order.size(), from + settings.batch()));
      int shown = DecoderTraining.rows(batch);
      loss += run(batch, Dropout.mix(seed ^ Dropout.mix(++steps)));
      decoder.step(passes.getFirst().gradient, 1.0 / shown);
      encoder.step(passes.getFirst().ofEncoder, 1.0 / shown);
      rows += shown;
    }
    return loss / rows;
  }

  /** One batch; its gradient is that of the first shard. */
  private double run(List<Example> batch, long key) {
    vectors.renewAll();
    shared.renew();
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
      passes.getFirst().ofEncoder.add(shard.ofEncoder, kernels);
    }
    vectors.finish(passes.getFirst().gradient);
    shared.items().finish(passes.getFirst().ofEncoder);
    return loss;
  }

  private double run(Shard shard, List<Example> examples, long key) {
    shard.gradient.clear();
    shard.ofEncoder.clear();
    if (examples.isEmpty()) {
      return 0;
    }
    PackedBatch packed = Example.pack(examples, trained.config(), 0, new SplittableRandom(key));
    shard.decoder.renew();
    var dropout = new Dropout(kernels, settings.dropout(), key);
    return shard.encoder.run(
        packed,
        new Dropout(kernels, settings.dropout(), ~key),
        shard.ofEncoder,
        (encoded, dStates, dLogits) ->
            shard.decoder.run(
                packed, encoded, shared.items(), dropout, shard.gradient, dStates, dLogits));
  }

  @Override
  public void close() {
    shards.close();
  }
}
