// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.encode.RequestFields;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Event;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.baseline.SmoothedCtr;
import io.nextclick.model.data.Impression;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.data.TimeSplit.Part;
import io.nextclick.model.evaluate.ClickFloors;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.ModelPart.StackedPart;
import io.nextclick.model.train.SeenHistory.Seen;
import io.nextclick.model.train.SeenHistory.Stretch;
import io.nextclick.model.train.SeenHistory.Window;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Impressions of a log as examples: the training part with one history per user, in which every
 * impression sees what was there before it; the validation part as requests.
 */
public final class ImpressionExamples {

  /**
   * One shown item of the training part.
   *
   * @param seen what it sees of its user's history
   * @param asked false for impressions without a request: where they were shown is not known
   * @param context buckets of the request's fields
   * @param hour since 1970 by the clock of the request
   * @param numbers of the items that were shown with it
   * @param place which of these it is
   */
  private record Row(
      String item,
      Seen seen,
      long timeMillis,
      boolean clicked,
      boolean asked,
      int[] context,
      int hour,
      CandidateFields numbers,
      int place) {}

  private static final class User {
    final List<Row> rows = new ArrayList<>();
    UserSequence sequence = UserSequence.EMPTY;
    boolean ended;
  }

  /** The context of impressions without a request: where they were shown is not known. */
  private static final Map<String, String> UNASKED = Map.of("unasked", "true");

  private final Recipe recipe;
  private final FoldSettings fold;
  private final Capacity stored;
  private final PositiveActions positive;
  private final boolean beside;
  private boolean placed = true;
  private final Map<String, User> users = new LinkedHashMap<>();

  /**
   * @param beside whether the rankers that need no training are measured too
   */
  public ImpressionExamples(Recipe recipe, FoldSettings fold, boolean beside) {
    this.recipe = recipe;
    this.beside = beside;
    // One sequence per user serves all of its impressions, so all of it must be there. Each sees
    // what a store would have kept: to learn from more than serving has would be a mistake.
    this.fold = fold.withMaxHistory(65_536);
    this.stored = fold.capacity();
    this.positive = PositiveActions.of(fold);
  }

  /** Asks about every item as at the first place: by itself, wherever it was shown. */
  public ImpressionExamples unplaced() {
    placed = false;
    return this;
  }

  /**
   * Both parts.
   *
   * @param train the examples
   * @param wanted what users wanted in the training part, if the recipe has a graph; else nothing
   * @param heldOut the validation part
   * @param floors what rankers that need no training say of it; null if nobody asked
   */
  public record Parts(
      TrainingData train,
      ItemSequences wanted,
      HeldOutImpressions heldOut,
      @Nullable ClickFloors floors) {}

  public Parts read(Iterator<Event> log, String outcome, TimeSplit split) {
    Impressions impressions = new Impressions(log, fold, outcome, Impressions.LOOKAHEAD);
    var heldOut = new HeldOutImpressions(impressions.items(), stored);
    var rates = new SmoothedCtr();
    while (impressions.hasNext()) {
      Impression shown = impressions.next();
      Part part = split.part(shown);
      if (part == Part.TEST) {
        // Nothing of it may be learnt; it only tells where the training part ends for its user.
        end(shown, split);
        continue;
      }
      if (part == Part.TRAIN) {
        add(shown);
        if (beside) {
          ClickFloors.count(shown, rates);
        }
      } else {
        end(shown, split);
        heldOut.add(shown);
      }
    }
    impressions
        .sequences()
        .forEach((id, sequence) -> {
          User user = users.computeIfAbsent(id, key -> new User());
          if (!user.ended) {
            user.sequence = sequence.before(split.trainEndMillis());
          }
        });
    TreeSet<String> ids = new TreeSet<>();
    users
        .values()
        .forEach(user -> {
          for (int t = 0; t < user.sequence.length(); t++) {
            ids.add(user.sequence.item(t));
          }
          user.rows.forEach(row -> ids.add(row.item));
        });
    var vocabulary = new Vocabulary(List.copyOf(ids));
    ItemCatalog catalog = impressions.items();
    ItemTable table = ItemTable.of(recipe.parts(), vocabulary.size());
    for (int row = 1; row <= vocabulary.size(); row++) {
      Item item = catalog.get(vocabulary.id(row));
      if (item != null) {
        table.put(row, impressions.sinceDescribed(item));
      }
    }
    users.values().forEach(user -> user.rows.forEach(row -> table.shown(row.numbers, row.place)));
    int actions = fold.actions().size();
    List<String> names = recipe.config(vocabulary.size(), actions, table).reads().fields();
    ClickFloors floors =
        beside ? heldOut.floors(rates, wanted(vocabulary, catalog, true), positive) : null;
    ItemSequences wanted =
        wanted(vocabulary, catalog, recipe.parts().get(StackedPart.class) != null);
    List<Example> examples = new ArrayList<>();
    // Each user's rows go as they become examples: both at once would double the memory.
    for (Iterator<User> each = users.values().iterator(); each.hasNext(); each.remove()) {
      examples(each.next(), vocabulary, names, examples);
    }
    return new Parts(new TrainingData(vocabulary, table, examples), wanted, heldOut, floors);
  }

  /** What all users wanted, or nobody. */
  private ItemSequences wanted(Vocabulary vocabulary, ItemCatalog catalog, boolean all) {
    return ItemSequences.of(
        vocabulary,
        all ? users.values().stream().map(user -> user.sequence).toList() : List.of(),
        positive,
        catalog);
  }

  private void add(Impression shown) {
    User user = users.computeIfAbsent(shown.user(), key -> new User());
    UserSequence before = shown.before();
    UserSequence kept = before.newest(stored);
    Seen seen = Seen.of(before, stored, recipe.encoder().impressions());
    for (int i = 0; i < shown.items().size(); i++) {
      Map<String, String> fields = fields(shown, kept, i);
      user.rows.add(
          new Row(
              shown.items().get(i),
              seen,
              shown.timeMillis(),
              shown.clicked()[i],
              true,
              context(Map.of(), fields),
              RequestColumns.hour(shown.timeMillis(), fields),
              shown.event().fields(),
              i));
    }
  }

  /** As a request has them. */
  private Map<String, String> fields(Impression shown, UserSequence kept, int item) {
    return recipe.encoder().reads().contextBuckets() == 0
        ? Map.of()
        : RequestFields.of(
            placed ? shown.context(item) : shown.unplacedContext(), kept, shown.timeMillis());
  }

  private void end(Impression shown, TimeSplit split) {
    User user = users.computeIfAbsent(shown.user(), key -> new User());
    if (!user.ended) {
      user.ended = true;
      boolean dated = shown.event().context().containsKey(Impression.DATE);
      user.sequence = dated ? shown.before() : shown.before().before(split.trainEndMillis());
    }
  }

  private void examples(
      User user, Vocabulary vocabulary, List<String> names, List<Example> examples) {
    UserSequence sequence =
        recipe.encoder().impressions()
            ? user.sequence
            : user.sequence.without(FoldSettings.IMPRESSION);
    var history = new SeenHistory(sequence, vocabulary, recipe.encoder().maxHistory());
    int[] ofUser = context(sequence.attributes(), Map.of());
    List<Row> rows = new ArrayList<>(user.rows);
    if (recipe.objective().historyWeight() > 0 && recipe.encoder().impressions()) {
      unasked(sequence, history, user.rows, rows);
    }
    rows.sort(java.util.Comparator.comparingInt(row -> row.seen.to()));
    TreeMap<Window, List<Row>> windows = new TreeMap<>();
    for (Row row : rows) {
      windows.computeIfAbsent(history.window(row.seen), w -> new ArrayList<>()).add(row);
    }
    windows.forEach((window, shown) -> {
      // What nobody sees need not be read.
      boolean whole = recipe.objective().nextItemWeight() > 0 && window.equals(windows.lastKey());
      int seen = shown.stream().mapToInt(row -> row.seen.to()).max().orElse(0);
      Stretch read = history.stretch(window, whole ? history.length() : seen);
      examples.add(
          new Example(
              read.items(),
              read.actions(),
              read.times(),
              targets(read.items(), read.actions()),
              Example.NONE,
              shown(shown, read, history, vocabulary, names, ofUser)));
    });
  }

  /** The next item with a positive action behind each entry. */
  private int[] targets(int[] items, byte[] actions) {
    int[] targets = new int[items.length];
    if (recipe.objective().nextItemWeight() == 0) {
      return targets;
    }
    int next = 0;
    for (int t = items.length - 1; t >= 0; t--) {
      targets[t] = actions[t] == FoldSettings.IMPRESSION ? 0 : next;
      if (positive.contains(actions[t])) {
        next = items[t];
      }
    }
    return targets;
  }

  private Shown shown(
      List<Row> rows,
      Stretch read,
      SeenHistory history,
      Vocabulary vocabulary,
      List<String> names,
      int[] ofUser) {
    int count = rows.size();
    Shown shown = Shown.of(count);
    for (int i = 0; i < count; i++) {
      Row row = rows.get(i);
      // Visits are told apart as far back as the window goes, repeats as far as a request reads.
      int visible = read.visible(row.seen);
      var ofWindow =
          new RequestColumns(
              read.items(), read.actions(), read.times(), 0, visible, row.timeMillis);
      shown.items()[i] = vocabulary.row(row.item);
      shown.visibleLength()[i] = visible;
      shown.labels()[i] = row.clicked ? 1 : 0;
      shown.weights()[i] = row.asked ? 1 : (float) recipe.objective().historyWeight();
      shown.visit()[i] = ofWindow.visit();
      shown.newest()[i] = ofWindow.newest();
      shown.previous()[i] = ofWindow.previous();
      shown.hours()[i] = row.hour;
      shown.place()[i] = row.asked ? row.place : -1;
      shown.context()[i] = both(ofUser, row.context);
      if (!row.numbers.isEmpty()) {
        shown.fields()[i] = row.numbers.of(row.place, names);
      }
      shown.repeats()[i] = history.repeats(row.seen, shown.items()[i], row.timeMillis, ofWindow);
    }
    return shown;
  }

  private int[] context(Map<String, List<String>> attributes, Map<String, String> fields) {
    return RequestColumns.context(attributes, fields, recipe.encoder().reads().contextBuckets());
  }

  private static int[] both(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** Impressions without a request, of which only what followed in the history tells. */
  private void unasked(
      UserSequence sequence, SeenHistory history, List<Row> asked, List<Row> rows) {
    int[] unasked = context(Map.of(), UNASKED);
    var known = new java.util.HashSet<String>();
    for (Row row : asked) {
      known.add(row.item + " " + row.timeMillis);
    }
    int length = sequence.length();
    for (int t = 0; t < length; t++) {
      if (sequence.action(t) != FoldSettings.IMPRESSION
          || known.contains(sequence.item(t) + " " + sequence.timeMillis(t))) {
        continue;
      }
      boolean wanted = false;
      for (int u = t + 1; u < Math.min(length, t + 8) && !wanted; u++) {
        boolean same = sequence.item(u).equals(sequence.item(t));
        if (same && sequence.action(u) == FoldSettings.IMPRESSION) {
          break;
        }
        wanted = same && positive.contains(sequence.action(u));
      }
      int sees = t;
      while (sees > 0 && sequence.timeMillis(sees - 1) >= sequence.timeMillis(t)) {
        sees--;
      }
      rows.add(
          new Row(
              sequence.item(t),
              history.before(sees, stored),
              sequence.timeMillis(t),
              wanted,
              false,
              unasked,
              RequestColumns.hour(sequence.timeMillis(t), Map.of()),
              CandidateFields.NONE,
              0));
    }
  }
}
