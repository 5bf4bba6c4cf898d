// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.GraphScorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PopularityScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.calibrate.CalibrationFit;
import io.nextclick.model.calibrate.LabelCounts;
import io.nextclick.model.calibrate.PlattFit;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.data.TimeSplit.Part;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * The protocol time-split: clicks on the impressions after a day are predicted by what was learnt
 * before another day.
 *
 * <p>Every model is measured beside the smoothed click rate, the Markov chain and popularity,
 * fitted on the same training part; their probabilities are fitted on the validation part. The log
 * is read twice, as a stream.
 */
public final class TimeSplitEvaluation {

  /**
   * What is measured.
   *
   * @param split of the impressions
   * @param fold as in the service
   * @param outcome the action that makes a row's label true, such as {@code click}
   * @param surface the context field that says where an item was shown
   * @param positive the actions by which a user wants an item, for popularity and Markov
   */
  public record Settings(
      TimeSplit split,
      FoldSettings fold,
      String outcome,
      String surface,
      PositiveActions positive) {

    Impressions impressions(Iterator<Event> log) {
      return new Impressions(log, fold, outcome, Impressions.LOOKAHEAD);
    }
  }

  private final Settings settings;
  private final Iterable<Event> log;

  /**
   * @param log an event log that can be read from its beginning more than once
   */
  public TimeSplitEvaluation(Settings settings, Iterable<Event> log) {
    this.settings = settings;
    this.log = log;
  }

  /**
   * Measures the models and the baselines on the test part.
   *
   * @param models each with the name that it has in the report
   * @param progress gets the number of impressions scored, now and then
   * @throws IllegalArgumentException if the training or the test part has no rows
   */
  public EvaluationReport evaluate(
      List<? extends Scorer> models, Bootstrap bootstrap, LongConsumer progress) {
    return evaluate(models, List.of(), bootstrap, progress);
  }

  /** The same, beside probabilities that come from elsewhere. */
  public EvaluationReport evaluate(
      List<? extends Scorer> models,
      List<KnownProbabilities> known,
      Bootstrap bootstrap,
      LongConsumer progress) {
    TrainPart train = TrainPart.of(log.iterator(), settings);
    ItemSequences wanted = ItemSequences.of(train.sequences().values(), settings.positive());
    List<ImpressionRanker> rankers = new ArrayList<>();
    models.forEach(model -> rankers.add(ImpressionRanker.of(model, true)));
    models.stream()
        .filter(Scorer::placesPages)
        .forEach(model -> rankers.add(new PageRanker(model)));
    int fitted = rankers.size();
    rankers.add(ImpressionRanker.of(train.rates(), settings.surface()));
    rankers.add(
        ImpressionRanker.of(
            MarkovScorer.fit(wanted, settings.positive(), MarkovScorer.ALL_SUCCESSORS), false));
    rankers.add(ImpressionRanker.of(GraphScorer.fit(wanted, settings.positive()), false));
    rankers.add(ImpressionRanker.of(PopularityScorer.fit(wanted), false));
    int given = rankers.size(); // at the end: the first one is what the others are compared with
    known.forEach(probabilities -> rankers.add(probabilities.ranker()));

    var reader = new ClickRowReader(settings, train, rankers, progress);
    reader.read(log.iterator());
    List<ClickRow> validation = reader.rows(Part.VALIDATION);
    List<ClickRow> test = reader.rows(Part.TEST);
    requireRows("training", train.rates().rows());
    requireRows("test", test.size());
    boolean fits = LabelCounts.of(ClickResults.labels(validation)).hasEach(1);
    for (int r = fitted; r < given && fits; r++) {
      calibrate(r, rankers.size(), calibration(rankers.get(r).name(), r, validation), test);
    }
    var results =
        new ClickResults(
            rankers.stream().map(ImpressionRanker::name).toList(),
            rankers.stream().skip(given).map(ImpressionRanker::name).collect(Collectors.toSet()),
            fitted,
            test,
            reader.users());
    return results.report(bootstrap, data(train, reader)).withRemarks(notes(reader, test.size()));
  }

  private static List<String> notes(ClickRowReader reader, int testRows) {
    List<String> notes = new ArrayList<>();
    if (reader.tied() > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%.1f %% of the test rows have the time of another impression of their user: neither"
                  + " is in the other's history",
              100.0 * reader.tied() / testRows));
    }
    if (reader.unmatchedOutcomes() > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%,d outcomes belong to no impression before them: they count for nothing",
              reader.unmatchedOutcomes()));
    }
    return notes;
  }

  private Map<String, Long> data(TrainPart train, ClickRowReader reader) {
    Map<String, Long> data = new LinkedHashMap<>();
    List<ClickRow> test = reader.rows(Part.TEST);
    data.put("trainRows", train.rates().rows());
    LabelCounts validation = LabelCounts.of(ClickResults.labels(reader.rows(Part.VALIDATION)));
    data.put("validationRows", validation.rows());
    data.put("validationClicks", validation.clicks());
    data.put("testRows", (long) test.size());
    data.put("testUsers", test.stream().mapToInt(ClickRow::user).distinct().count());
    data.put("testClicks", test.stream().filter(ClickRow::clicked).count());
    data.put("testRepeats", test.stream().filter(ClickRow::repeats).count());
    data.put("testTied", reader.tied());
    data.put("unmatchedOutcomes", reader.unmatchedOutcomes());
    return data;
  }

  private void requireRows(String part, long rows) {
    if (rows == 0) {
      throw new IllegalArgumentException(
          "the %s part has no impressions with a request id: train until %s, test from %s, %s; give other days, or take --protocol=leave-one-out"
              .formatted(
                  part,
                  settings.split().trainUntil(),
                  settings.split().testFrom(),
                  settings.split().zone()));
    }
  }

  /** Logits get a line; scores of another kind whatever fits better. */
  private static Calibration calibration(String name, int ranker, List<ClickRow> validation) {
    double[] scores = validation.stream().mapToDouble(row -> row.scores()[ranker]).toArray();
    boolean[] clicked = ClickResults.labels(validation);
    return name.equals("ctr")
        ? PlattFit.of(scores, clicked)
        : CalibrationFit.of(scores, clicked).calibration();
  }

  private static void calibrate(
      int ranker, int rankers, Calibration calibration, List<ClickRow> test) {
    for (ClickRow row : test) {
      for (int mode : new int[] {ranker, rankers + ranker}) { // live, frozen
        row.probabilities()[mode] = calibration.probability(row.scores()[mode]);
      }
    }
  }
}
