// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.calibrate.CalibrationFit;
import io.nextclick.model.calibrate.LabelCounts;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.encoder.EncodedHistoryCache;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.evaluate.RankingMetrics;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ModelPart.StackedPart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From an event log to a model: examples, weights, calibration.
 *
 * <p>Two ways: the next item of a sequence, with the last two items of every user held out; and
 * clicks on impressions, with those after a day held out.
 */
public final class Training {

  /** What {@link Outcome#metric} is of a model for the next item. */
  public static final String NDCG = "NDCG@10";

  /** The name of that among the metrics of a model. */
  static final String VALIDATION_NDCG = "validation.ndcg10";

  /** What it is of a model for clicks. */
  public static final String AUC = "AUC";

  /** Clicks and others that a calibration on impressions is fitted to, of each, at least. */
  static final int LEAST_CALIBRATED = 10;

  /** For the items of a page, which share a history. */
  private static final long CACHE_BYTES = 64L << 20;

  private final Recipe recipe;
  private final long seed;
  private final int threads;
  private final @Nullable Path checkpoint;
  private final TrainingListener listener;
  private final TrainingKernels kernels = TrainingKernels.best();
  private BooleanSupplier stop = () -> false;
  private boolean beside;

  /**
   * @param threads that compute; the result depends on it in its last bits
   * @param checkpoint the file to go on from, and to keep the state in; null for none
   */
  public Training(
      Recipe recipe, long seed, int threads, @Nullable Path checkpoint, TrainingListener listener) {
    this.recipe = recipe;
    this.seed = seed;
    this.threads = threads;
    this.checkpoint = checkpoint;
    this.listener = listener;
  }

  /**
   * Ends the training early.
   *
   * @param over whether the epoch just done is to be the last one
   */
  public Training until(BooleanSupplier over) {
    stop = over;
    return this;
  }

  /**
   * Says of a model of clicks, too, whether it is better on the validation than the rankers that
   * need no training. One for the next item always says it, where it has the graph.
   */
  public Training besideFloors() {
    beside = true;
    return this;
  }

  /**
   * Trains for the next item, on all but the last two items of every user.
   *
   * @throws IOException if a checkpoint cannot be read or written
   */
  public TrainedModel nextItem(LeaveOneOut users) throws IOException {
    TrainingData data = NextItemExamples.of(users.train(), recipe);
    if (data.examples().isEmpty() || users.data().getOrDefault("evaluated", 0L) == 0) {
      throw new IllegalArgumentException(tooLittle(users.data()));
    }
    Trainer.Result result =
        train(
            data,
            FoldSettings.DEFAULT.actions().size(),
            0,
            weights -> validated(users.validationNdcg(scorer(data, weights))));
    StackedPart graph = recipe.parts().get(StackedPart.class);
    Stacking stacked =
        graph == null
            ? Stacking.none(result)
            : Stacking.ofNextItems(result, graph, users, weights -> scorer(data, weights), seed);
    HeldOutClicks pairs = HeldOutClicks.of(users, scorer(data, stacked.weights()), seed);
    Calibration fit = CalibrationFit.of(pairs.logits(), pairs.clicked()).calibration();
    Map<String, Double> metrics = new TreeMap<>(stacked.metrics());
    metrics.put(
        VALIDATION_NDCG,
        metrics.values().stream().mapToDouble(x -> x).max().orElse(result.metric()));
    return outcome(
        data,
        result,
        stacked.weights(),
        new Calibration.Relative(fit),
        NDCG,
        Double.isNaN(stacked.error())
            ? users.validationNdcg(scorer(data, stacked.weights())).error()
            : stacked.error(),
        metrics,
        stacked.notes());
  }

  private static Trainer.Validated validated(LeaveOneOut.Mean ndcg) {
    return new Trainer.Validated(ndcg.value(), ndcg.error());
  }

  /**
   * Trains for the next item on all of the sequences, without a validation: to measure with.
   *
   * @throws IOException if a checkpoint cannot be read or written
   */
  public List<Epoch> fit(ItemSequences sequences) throws IOException {
    TrainingData data = NextItemExamples.of(sequences, recipe);
    return train(data, 0, 0, weights -> Trainer.Validated.of(0)).history();
  }

  /**
   * Trains for clicks on impressions, on those up to a day.
   *
   * @param outcome the action that is predicted
   * @throws IOException if a checkpoint cannot be read or written
   */
  public TrainedModel clicks(
      Iterator<Event> log, FoldSettings fold, String outcome, TimeSplit split) throws IOException {
    var parts = new ImpressionExamples(recipe, fold, beside).read(log, outcome, split);
    TrainingData data = parts.train();
    if (data.examples().stream().allMatch(example -> example.shown().count() == 0)) {
      throw new IllegalArgumentException(
          "the log has no impressions with a request id up to " + split.trainUntil());
    }
    HeldOutImpressions held = parts.heldOut();
    LabelCounts validation = LabelCounts.of(held.clicked());
    if (validation.rows() == 0) {
      throw new IllegalArgumentException(
          "the log has no impressions after %s and before %s to validate on"
              .formatted(split.trainUntil(), split.testFrom()));
    }
    requireBoth(labels(data), "up to " + split.trainUntil(), outcome);
    requireBoth(
        validation,
        "after %s and before %s, the validation,".formatted(split.trainUntil(), split.testFrom()),
        outcome);
    Trainer.Result result =
        train(
            data,
            fold.actions().size(),
            held.bytes(),
            weights -> Trainer.Validated.of(held.auc(scorer(data, weights))));
    StackedPart graph = recipe.parts().get(StackedPart.class);
    Stacking stacked =
        graph == null
            ? Stacking.none(result)
            : Stacking.ofClicks(
                result, graph, parts.wanted(), held, weights -> scorer(data, weights));
    double[] logits = held.logits(scorer(data, stacked.weights()));
    Calibration fit = CalibrationFit.of(logits, held.clicked()).calibration();
    boolean enough = validation.hasEach(LEAST_CALIBRATED);
    Calibration calibration = enough ? fit : new Calibration.Relative(fit);
    Map<String, Double> metrics = new TreeMap<>(stacked.metrics());
    metrics.putAll(held.metrics(logits, calibration));
    List<String> notes = new ArrayList<>(stacked.notes());
    if (parts.floors() != null) {
      metrics.putAll(parts.floors().metrics());
      notes.add(parts.floors().sentence(RankingMetrics.auc(logits, held.clicked()), validation));
    }
    if (!enough) {
      notes.add(tooFew(validation));
    }
    return outcome(
        data,
        result,
        stacked.weights(),
        calibration,
        AUC,
        RankingMetrics.aucError(
            result.metric(), validation.clicks(), validation.rows() - validation.clicks()),
        metrics,
        notes);
  }

  /** Why there is no next item to learn, or none to validate on. */
  private static String tooLittle(Map<String, Long> data) {
    long users = data.getOrDefault("users", 0L);
    long three = data.getOrDefault("evaluated", 0L);
    return users == 0
        ? "the log has no user who wanted an item: no action but impressions and dislikes"
        : String.format(
            Locale.ROOT,
            three == 0
                ? "none of the %,d users has three different items: the last two of a user are held"
                    + " out, and there must be one before them to learn from"
                : "none of the %,d users has four different items: the last two of a user are held"
                    + " out, and there must be two before them to learn what follows what (a repeat"
                    + " does not count)",
            users);
  }

  private static LabelCounts labels(TrainingData data) {
    long clicks = 0;
    long rows = 0;
    for (Example example : data.examples()) {
      for (float label : example.shown().labels()) {
        clicks += label > 0 ? 1 : 0;
        rows++;
      }
    }
    return new LabelCounts(clicks, rows - clicks);
  }

  /** One kind alone teaches nothing, and no epoch is better than another. */
  private static void requireBoth(LabelCounts labels, String when, String outcome) {
    if (!labels.hasEach(1)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s of the %,d items shown %s had the outcome %s: a model of clicks needs both kinds;"
                  + " give another --outcome, other days, or train with --preset=next-item",
              labels.clicks() == 0 ? "none" : "all",
              labels.rows(),
              when,
              outcome));
    }
  }

  private static String tooFew(LabelCounts validation) {
    return String.format(
        Locale.ROOT,
        "Not calibrated: the validation has %,d clicks among %,d items shown, and takes %d of each"
            + " kind at least; answers will have scores and no probabilities",
        validation.clicks(),
        validation.rows(),
        LEAST_CALIBRATED);
  }

  private Trainer.Result train(
      TrainingData data,
      int actions,
      long validationBytes,
      Function<EncoderWeights, Trainer.Validated> validation)
      throws IOException {
    if (data.vocabulary().size() < 2) {
      throw new IllegalArgumentException(
          "the log has one item to learn: there is nothing to choose between");
    }
    EncoderConfig whole = recipe.config(data.vocabulary().size(), actions, data.items());
    EncoderConfig config = whole.fitted(whole.items(), whole.parts().trained());
    StackedPart graph = whole.parts().get(StackedPart.class);
    long bytes = validationBytes + (graph == null ? 0 : GraphFit.bytes(data.vocabulary(), graph));
    TrainingSettings settings = recipe.settings(seed, threads);
    String identity = "%s %s %s %x".formatted(kernels.name(), config, settings, data.fingerprint());
    var trainer =
        new Trainer(
            kernels,
            config,
            settings,
            data,
            checkpoint == null
                ? null
                : new Checkpoint(checkpoint, identity, Checkpoint.EVERY_NANOS));
    listener.start(trainer.plan(bytes));
    return trainer.train(validation, listener, stop);
  }

  private TrainedModel outcome(
      TrainingData data,
      Trainer.Result result,
      EncoderWeights weights,
      Calibration calibration,
      String metric,
      double error,
      Map<String, Double> metrics,
      List<String> notes) {
    String stopped =
        result.isWhole()
            ? null
            : "Ended early, by the clock, after epoch %d of %d: the time was over"
                .formatted(result.history().size(), recipe.optimizer().epochs());
    return new TrainedModel(
        data.vocabulary(),
        weights,
        calibration,
        result.history(),
        result.best(),
        metric,
        error,
        metrics,
        stopped,
        notes);
  }

  private static EncoderScorer scorer(TrainingData data, EncoderWeights weights) {
    return new EncoderScorer(
        "training",
        data.vocabulary(),
        weights,
        Kernels.best(),
        new EncodedHistoryCache(CACHE_BYTES));
  }
}
