// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.calibrate.CalibrationFit;
import io.nextclick.model.calibrate.LabelCounts;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.decoder.Decoder;
import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.evaluate.RankingMetrics;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.pass.DecoderPass;
import io.nextclick.model.train.Example;
import io.nextclick.model.train.ImpressionExamples;
import io.nextclick.model.train.Recipe;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * From the pages of a log to a decoder. A page is what one request was answered with; its items are
 * learnt from in their order, each after those before it. The model stays as it is: the decoder has
 * an encoder of its own, which begins as the model's.
 */
public final class DecoderTraining {

  /** Pages that are validated on, at most. */
  private static final int MOST_PAGES = 6_000;

  private final DecoderSettings settings;
  private final long seed;
  private final int threads;
  private final Consumer<TrainedDecoder.Epoch> listener;
  private final TrainingKernels kernels = TrainingKernels.best();

  /**
   * @param threads that compute; the result depends on it in its last bits
   * @param listener hears of every epoch
   */
  public DecoderTraining(
      DecoderSettings settings, long seed, int threads, Consumer<TrainedDecoder.Epoch> listener) {
    this.settings = settings;
    this.seed = seed;
    this.threads = threads;
    this.listener = listener;
  }

  /**
   * Trains.
   *
   * @param recipe that the encoder was trained by, on the same log
   * @throws IllegalArgumentException if the log has no pages to learn from, or is another than that
   *     of the encoder
   */
  public TrainedDecoder train(
      Iterator<Event> log,
      FoldSettings fold,
      String outcome,
      TimeSplit split,
      Recipe recipe,
      Vocabulary vocabulary,
      EncoderWeights encoder) {
    Recipe pagesOnly = recipe.with(Map.of("nextItemWeight", "0", "historyWeight", "0"));
    var parts = new ImpressionExamples(pagesOnly, fold, false).unplaced().read(log, outcome, split);
    if (!parts.train().vocabulary().ids().equals(vocabulary.ids())) {
      throw new IllegalArgumentException(
          "the model was trained on a log with other items: a decoder learns from the same log");
    }
    List<Example> examples =
        parts.train().examples().stream().filter(DecoderTraining::hasPage).toList();
    if (examples.isEmpty()) {
      throw new IllegalArgumentException(
          "the log has no page of two items or more up to %s: there is no order to learn"
              .formatted(split.trainUntil()));
    }
    var scorer = new EncoderScorer("training", vocabulary, encoder, Kernels.best(), null);
    var held =
        new HeldOutPages(parts.heldOut().pages(MOST_PAGES), scorer, parts.heldOut().catalog());
    requireBoth(LabelCounts.of(held.clicked()), split);
    DecoderConfig config = settings.config(encoder.config().items(), encoder.config().dim());
    TrainedEncoder begin = TrainedEncoder.of(kernels, encoder, parts.train().items());
    try (var trainer = new DecoderTrainer(kernels, config, settings, seed, threads, begin)) {
      return result(
          held,
          trainer.train(examples, weights -> loss(held, vocabulary, weights), listener),
          vocabulary);
    }
  }

  private static boolean hasPage(Example example) {
    for (int place : example.shown().place()) {
      if (place > 0) {
        return true;
      }
    }
    return false;
  }

  private static void requireBoth(LabelCounts labels, TimeSplit split) {
    if (!labels.hasEach(1)) {
      throw new IllegalArgumentException(
          "the pages after %s and before %s, the validation, have %d clicks among %d items: a decoder needs both kinds"
              .formatted(split.trainUntil(), split.testFrom(), labels.clicks(), labels.rows()));
    }
  }

  /** (items shown,) after those before them. */
  private static double[] logits(HeldOutPages held, Vocabulary vocabulary, PageWeights weights) {
    Kernels kernels = Kernels.best();
    var encoder = new EncoderScorer("training", vocabulary, weights.encoder(), kernels, null);
    return held.logits(encoder, new Decoder(weights.decoder(), kernels));
  }

  private static double loss(HeldOutPages held, Vocabulary vocabulary, PageWeights weights) {
    double[] logits = logits(held, vocabulary, weights);
    boolean[] clicked = held.clicked();
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double s = clicked[i] ? logits[i] : -logits[i];
      sum += Math.log1p(Math.exp(-Math.abs(s))) + Math.max(-s, 0);
    }
    return sum / logits.length;
  }

  private static TrainedDecoder result(
      HeldOutPages held, DecoderTrainer.Result result, Vocabulary vocabulary) {
    boolean[] clicked = held.clicked();
    double[] placed = logits(held, vocabulary, result.weights());
    Calibration calibration = CalibrationFit.of(placed, clicked).calibration();
    double[] pointwise = held.pointwise();
    Calibration ofPointwise = CalibrationFit.of(pointwise, clicked).calibration();
    Map<String, Double> metrics = new TreeMap<>();
    metrics.put("validation.decoder.auc", RankingMetrics.auc(placed, clicked));
    metrics.put("validation.decoder.pointwise.auc", RankingMetrics.auc(pointwise, clicked));
    metrics.put(TrainedDecoder.ENTROPY, entropy(placed, calibration, clicked));
    metrics.put(TrainedDecoder.POINTWISE_ENTROPY, entropy(pointwise, ofPointwise, clicked));
    return new TrainedDecoder(
        result.weights(), calibration, result.epochs(), result.best(), metrics);
  }

  private static double entropy(double[] logits, Calibration calibration, boolean[] clicked) {
    double[] probabilities = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = calibration.probability(logits[i]);
    }
    return RankingMetrics.normalizedEntropy(probabilities, clicked);
  }

  /** Items shown on pages. */
  static int rows(List<Example> examples) {
    return examples.stream().mapToInt(example -> DecoderPass.rows(example.shown())).sum();
  }
}
