// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.features.event.Event;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.baseline.SmoothedCtr;
import io.nextclick.model.data.Impression;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.data.TimeSplit.Part;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Scores the impressions after training, each with its live and its frozen history, and as if it
 * was not known where its items stand.
 */
final class ClickRowReader {

  /** Impressions that are scored at a time, by all cores. */
  private static final int BATCH = 2_048;

  private record Key(String user, String item, long timeMillis) {}

  private record Moment(String user, long timeMillis) {}

  private record Place(int user, int page, LocalDate day, String history) {}

  /** An impression whose scores are still to be computed. */
  private record Open(
      Impression shown, Place place, List<Supplier<ImpressionRanker.Scored>> scores) {}

  private final TimeSplitEvaluation.Settings settings;
  private final TrainPart train;
  private final List<ImpressionRanker> rankers;
  private final LongConsumer progress;
  private final Map<String, Integer> users = new HashMap<>();
  private final Map<String, Integer> items = new HashMap<>();
  private final Set<Key> seen = new HashSet<>();
  private final Map<Part, List<ClickRow>> rows =
      Map.of(Part.VALIDATION, new ArrayList<>(), Part.TEST, new ArrayList<>());
  private final Map<Moment, Integer> together = new HashMap<>(); // impressions of a user at a time
  private final Map<Moment, Integer> testRows = new HashMap<>();
  private int pages;
  private long unmatched;
  private long tied;

  ClickRowReader(
      TimeSplitEvaluation.Settings settings,
      TrainPart train,
      List<ImpressionRanker> rankers,
      LongConsumer progress) {
    this.settings = settings;
    this.train = train;
    this.rankers = rankers;
    this.progress = progress;
  }

  void read(Iterator<Event> log) {
    Impressions impressions = settings.impressions(log);
    List<Open> batch = new ArrayList<>(BATCH);
    while (impressions.hasNext()) {
      Impression shown = impressions.next();
      if (settings.split().part(shown) != Part.TRAIN) {
        batch.add(open(shown, impressions.items()));
      }
      if (batch.size() == BATCH) {
        score(batch);
      }
    }
    score(batch);
    unmatched = impressions.unmatchedOutcomes();
    tied =
        testRows.entrySet().stream()
            .filter(rows -> together.getOrDefault(rows.getKey(), 0) > 1)
            .mapToLong(Map.Entry::getValue)
            .sum();
  }

  /** The rows of a part, in the order of the log. */
  List<ClickRow> rows(Part part) {
    return rows.getOrDefault(part, List.of());
  }

  /** Users with rows; their numbers are below this. */
  int users() {
    return users.size();
  }

  /** Outcomes in the log that belong to no impression. */
  long unmatchedOutcomes() {
    return unmatched;
  }

  /** Rows of the test part whose user was shown something else at the same time. */
  long tied() {
    return tied;
  }

  private Open open(Impression shown, ItemCatalog catalog) {
    UserSequence frozen = train.sequences().getOrDefault(shown.user(), UserSequence.EMPTY);
    List<Supplier<ImpressionRanker.Scored>> scores = new ArrayList<>(3 * rankers.size());
    for (ImpressionRanker ranker : rankers) {
      scores.add(ranker.prepare(shown, shown.before(), catalog));
    }
    for (int r = 0; r < rankers.size(); r++) {
      scores.add(
          rankers.get(r).readsHistory()
              ? rankers.get(r).prepare(shown, frozen, catalog)
              : scores.get(r));
    }
    for (int r = 0; r < rankers.size(); r++) {
      scores.add(
          rankers.get(r).readsPlace() && shown.items().size() > 1
              ? rankers.get(r).prepareUnplaced(shown, shown.before(), catalog)
              : scores.get(r));
    }
    together.merge(new Moment(shown.user(), shown.timeMillis()), 1, Integer::sum);
    int user = users.computeIfAbsent(shown.user(), id -> users.size());
    String history = ClickRow.lengthClass(shown.before().length());
    return new Open(shown, new Place(user, pages++, settings.split().day(shown), history), scores);
  }

  private void score(List<Open> batch) {
    List<List<ImpressionRanker.Scored>> scored =
        batch.parallelStream().map(ClickRowReader::scored).toList();
    for (int i = 0; i < scored.size(); i++) {
      Impression shown = batch.get(i).shown;
      List<ClickRow> part = rows(settings.split().part(shown));
      if (settings.split().part(shown) == Part.TEST) {
        testRows.merge(
            new Moment(shown.user(), shown.timeMillis()), shown.items().size(), Integer::sum);
      }
      for (int item = 0; item < shown.items().size(); item++) {
        part.add(row(shown, batch.get(i).place, item, scored.get(i)));
      }
    }
    batch.clear();
    progress.accept(pages);
  }

  /** Each once, however many columns it fills. */
  private static List<ImpressionRanker.Scored> scored(Open open) {
    var known = new IdentityHashMap<Supplier<ImpressionRanker.Scored>, ImpressionRanker.Scored>();
    return open.scores.stream().map(one -> known.computeIfAbsent(one, Supplier::get)).toList();
  }

  private ClickRow row(
      Impression shown, Place place, int item, List<ImpressionRanker.Scored> scored) {
    String id = shown.items().get(item);
    SmoothedCtr rates = train.rates();
    double[] scores = new double[scored.size()];
    double[] probabilities = new double[scores.length];
    for (int s = 0; s < scores.length; s++) {
      scores[s] = scored.get(s).scores()[item];
      probabilities[s] = scored.get(s).probabilities()[item];
    }
    var slice =
        new ClickRow.Slice(
            place.history,
            rates.knowsUser(shown.user()) ? "known" : "new",
            rates.knowsItem(id) ? "known" : "new",
            shown.context().getOrDefault(settings.surface(), ""),
            ClickRow.placeClass(item));
    boolean repeats = !seen.add(new Key(shown.user(), id, shown.timeMillis()));
    return new ClickRow(
        place.user,
        place.page,
        items.computeIfAbsent(id, key -> items.size()),
        shown.clicked()[item],
        repeats,
        place.day,
        slice,
        scores,
        probabilities);
  }
}
