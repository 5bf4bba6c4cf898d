// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.encode.RequestFields;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.data.Impression;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.data.TimeSplit.Part;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Impressions of a log as examples: the training part with one history per user, in which every
 * impression sees what was there before it; the validation part as requests.
 */
final class ImpressionExamples {

  /**
   * One shown item of the training part.
   *
   * @param hidden of the entries before it that are read, so many had left the store already
   * @param visibleLength entries before it that are read
   * @param asked false for impressions without a request: where they were shown is not known
   * @param context buckets of the request's fields
   * @param hour since 1970 by the clock of the request
   */
  private record Row(
      String item,
      int hidden,
      int visibleLength,
      long timeMillis,
      boolean clicked,
      boolean asked,
      int[] context,
      int hour) {}

  private static final class User {
    final List<Row> rows = new ArrayList<>();
    UserSequence sequence = UserSequence.EMPTY;
    boolean ended;
  }

  /** The context of impressions without a request: where they were shown is not known. */
  private static final Map<String, String> UNASKED = Map.of("unasked", "true");

  private final Recipe recipe;
  private final FoldSettings fold;
  private final int stored;
  private final PositiveActions positive;
  private final Map<String, User> users = new LinkedHashMap<>();

  ImpressionExamples(Recipe recipe, FoldSettings fold) {
    this.recipe = recipe;
    // One sequence per user serves all of its impressions, so all of it must be there. Each sees
    // what a store would have kept: to learn from more than serving has would be a mistake.
    this.fold = fold.withMaxHistory(65_536);
    this.stored = fold.maxHistory();
    this.positive = PositiveActions.of(fold);
  }

  /**
   * Both parts.
   *
   * @param train the examples
   * @param heldOut the validation part
   */
  record Parts(TrainingData train, HeldOutImpressions heldOut) {}

  Parts read(Iterator<Event> log, String outcome, TimeSplit split) {
    Impressions impressions = new Impressions(log, fold, outcome, Impressions.LOOKAHEAD);
    var heldOut = new HeldOutImpressions(impressions.items(), stored);
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
    List<Example> examples = new ArrayList<>();
    // Each user's rows go as they become examples: both at once would double the memory.
    for (Iterator<User> each = users.values().iterator(); each.hasNext(); each.remove()) {
      examples(each.next(), vocabulary, examples);
    }
    return new Parts(new TrainingData(vocabulary, table, examples), heldOut);
  }

  private void add(Impression shown) {
    User user = users.computeIfAbsent(shown.user(), key -> new User());
    UserSequence before = shown.before();
    int hidden = 0;
    int sees = 0;
    for (int t = 0; t < before.length(); t++) {
      if (recipe.encoder().impressions() || before.action(t) != FoldSettings.IMPRESSION) {
        sees++;
        hidden += t < before.length() - stored ? 1 : 0;
      }
    }
    for (int i = 0; i < shown.items().size(); i++) {
      Map<String, String> fields = fields(shown, i);
      user.rows.add(
          new Row(
              shown.items().get(i),
              hidden,
              sees,
              shown.timeMillis(),
              shown.clicked()[i],
              true,
              context(Map.of(), fields),
              RequestColumns.hour(shown.timeMillis(), fields)));
    }
  }

  /** As a request has them. */
  private Map<String, String> fields(Impression shown, int item) {
    return recipe.encoder().reads().contextBuckets() == 0
        ? Map.of()
        : RequestFields.of(shown.context(item), shown.before(), shown.timeMillis());
  }

  private void end(Impression shown, TimeSplit split) {
    User user = users.computeIfAbsent(shown.user(), key -> new User());
    if (!user.ended) {
      user.ended = true;
      boolean dated = shown.event().context().containsKey(Impression.DATE);
      user.sequence = dated ? shown.before() : shown.before().before(split.trainEndMillis());
    }
  }

  private void examples(User user, Vocabulary vocabulary, List<Example> examples) {
    UserSequence sequence =
        recipe.encoder().impressions()
            ? user.sequence
            : user.sequence.without(FoldSettings.IMPRESSION);
    int length = sequence.length();
    int[] items = new int[length];
    byte[] actions = new byte[length];
    long[] times = new long[length];
    for (int t = 0; t < length; t++) {
      items[t] = vocabulary.row(sequence.item(t));
      actions[t] = (byte) sequence.action(t);
      times[t] = sequence.timeMillis(t);
    }
    int[] ofUser = context(sequence.attributes(), Map.of());
    List<Row> rows = new ArrayList<>(user.rows);
    if (recipe.objective().historyWeight() > 0 && recipe.encoder().impressions()) {
      unasked(sequence, user.rows, rows);
    }
    rows.sort(java.util.Comparator.comparingInt(Row::visibleLength));
    int max = recipe.encoder().maxHistory();
    TreeMap<Integer, List<Row>> windows = new TreeMap<>();
    for (Row row : rows) {
      int oldest = oldest(row, length);
      // Impressions share a window that begins no more than half of what they see later.
      int stride =
          Integer.highestOneBit(Math.max(1, (Math.min(row.visibleLength, length) - oldest) / 2));
      int window = Math.ceilDiv(oldest, stride) * stride;
      windows.computeIfAbsent(window, w -> new ArrayList<>()).add(row);
    }
    windows.forEach((from, shown) -> {
      int to = Math.min(length, from + max);
      // What nobody sees need not be read.
      int seen =
          shown.stream().mapToInt(row -> Math.min(row.visibleLength, length)).max().orElse(from);
      boolean whole = recipe.objective().nextItemWeight() > 0 && from.equals(windows.lastKey());
      int end = whole ? to : Math.min(to, seen);
      examples.add(
          new Example(
              Arrays.copyOfRange(items, from, end),
              Arrays.copyOfRange(actions, from, end),
              Arrays.copyOfRange(times, from, end),
              targets(items, actions, from, end),
              Example.NONE,
              shown(shown, from, items, actions, times, vocabulary, ofUser)));
    });
  }

  /** The next item with a positive action behind each entry. */
  private int[] targets(int[] items, byte[] actions, int from, int to) {
    int[] targets = new int[to - from];
    if (recipe.objective().nextItemWeight() == 0) {
      return targets;
    }
    int next = 0;
    for (int t = to - 1; t >= from; t--) {
      targets[t - from] = actions[t] == FoldSettings.IMPRESSION ? 0 : next;
      if (positive.contains(actions[t])) {
        next = items[t];
      }
    }
    return targets;
  }

  private Shown shown(
      List<Row> rows,
      int from,
      int[] history,
      byte[] actions,
      long[] times,
      Vocabulary vocabulary,
      int[] ofUser) {
    int count = rows.size();
    int length = history.length;
    Shown shown = Shown.of(count);
    for (int i = 0; i < count; i++) {
      Row row = rows.get(i);
      int visible = Math.min(row.visibleLength, length);
      // Visits are told apart as far back as the window goes, repeats as far as a request reads.
      var ofWindow =
          new RequestColumns(
              history, actions, times, from, Math.max(from, visible), row.timeMillis);
      var read =
          new RequestColumns(history, actions, times, oldest(row, length), visible, row.timeMillis);
      int newest = ofWindow.newest();
      shown.items()[i] = vocabulary.row(row.item);
      shown.visibleLength()[i] = visible - from;
      shown.labels()[i] = row.clicked ? 1 : 0;
      shown.weights()[i] = row.asked ? 1 : (float) recipe.objective().historyWeight();
      shown.visit()[i] = ofWindow.visit();
      int previous = ofWindow.previous();
      shown.newest()[i] = newest < 0 ? -1 : newest - from;
      shown.previous()[i] = previous < 0 ? -1 : previous - from;
      shown.hours()[i] = row.hour;
      shown.context()[i] = both(ofUser, row.context);
      shown.repeats()[i] = read.repeats(shown.items()[i]);
    }
    return shown;
  }

  /** The oldest entry that a request at this place would read. */
  private int oldest(Row row, int length) {
    int sees = Math.min(row.visibleLength, length);
    return Math.max(Math.min(row.hidden, sees), Math.max(0, sees - recipe.encoder().maxHistory()));
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
  private void unasked(UserSequence sequence, List<Row> asked, List<Row> rows) {
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
              Math.max(0, sees - stored),
              sees,
              sequence.timeMillis(t),
              wanted,
              false,
              unasked,
              RequestColumns.hour(sequence.timeMillis(t), Map.of())));
    }
  }
}
