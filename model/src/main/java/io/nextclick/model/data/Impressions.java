// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.data;

import io.nextclick.features.event.Event;
import io.nextclick.features.item.ConcurrentItemCatalog;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.item.StoredItem;
import io.nextclick.features.sequence.Erasure;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.Folded;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.sequence.SequenceReducer;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.features.sequence.Verdict;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The impressions of an event log, each with its outcome and with the user's sequence before it, in
 * one pass and in the order of the log. Not for several threads.
 */
public final class Impressions implements Iterator<Impression> {

  /*
   * Why nothing leaks.
   *
   * The sequence is that of the same fold as in the service, and only events that the log has
   * before the impression are in it. Of these, the ones with the impression's time or a later one
   * are cut off: a log is not ordered by time. What came of a request must not tell about it
   * either, even if the log has a click before its impression, or a second page after a click on
   * the first: so the history of a request is what stood before its first event, whatever that was.
   *
   * Outcomes are looked up in the events that follow, up to `lookahead` of them, which are read
   * ahead but not folded. So memory holds one sequence per user, the events read ahead, and the
   * histories of the last requests, and does not grow with the log.
   */

  /** The action that is an impression. */
  public static final String IMPRESSION = "impression";

  /** The outcome that is predicted unless another is asked for. */
  public static final String CLICK = "click";

  /** Events that are read ahead for outcomes, unless told otherwise. */
  public static final int LOOKAHEAD = 65_536;

  /** Requests whose history is remembered for events that follow. */
  private static final int OPEN_REQUESTS = 8_192;

  private record Request(String user, String id) {}

  private final SequenceReducer reducer;
  private final OutcomeWindow events;
  private final Map<String, UserSequence> sequences = new HashMap<>();
  private final Map<String, Erasure> erasures = new HashMap<>();
  private final ConcurrentItemCatalog items = new ConcurrentItemCatalog();
  private final Map<String, Long> described = new HashMap<>(); // when each item was, first
  private final Map<Request, UserSequence> histories =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Request, UserSequence> eldest) {
          return size() > OPEN_REQUESTS;
        }
      };
  private long offset = -1;
  private long watermark = Retention.NO_WATERMARK; // of the whole log, which is one partition
  private @Nullable Impression next;

  /** Clicks on impressions, with the fold and the look-ahead of the defaults. */
  public static Impressions of(Iterator<Event> log) {
    return new Impressions(log, FoldSettings.DEFAULT, CLICK, LOOKAHEAD);
  }

  /**
   * @param log events in the order of the log
   * @param settings of the fold; the service's
   * @param outcome the action that makes a row's label true
   * @param lookahead events after an impression in which its outcome is looked for, at least 1
   */
  public Impressions(Iterator<Event> log, FoldSettings settings, String outcome, int lookahead) {
    if (settings.actionCode(outcome) < 0) {
      throw new IllegalArgumentException(
          "unknown action: " + outcome + ", known are " + settings.actions());
    }
    this.reducer = new SequenceReducer(settings);
    this.events = new OutcomeWindow(log, outcome, lookahead);
  }

  /** The catalogue as the log had it before the impression that was returned last. */
  public ItemCatalog items() {
    return items;
  }

  /** An item with the time when it was described first, not last: the beginning of its age. */
  public Item sinceDescribed(Item item) {
    long since = described.getOrDefault(item.id(), item.timeMillis());
    return new Item(item.id(), item.attributes(), item.available(), since);
  }

  /** Every user's sequence after the events that were passed so far; not to be changed. */
  public Map<String, UserSequence> sequences() {
    return sequences;
  }

  /** Outcomes whose impression was not among the events before them, up to now. */
  public long unmatchedOutcomes() {
    return events.unmatched();
  }

  @Override
  public boolean hasNext() {
    while (next == null && events.hasNext()) {
      next = pass(events.next());
    }
    return next != null;
  }

  @Override
  public Impression next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    Impression impression = next;
    next = null;
    return impression;
  }

  /** Folds one event; the impression that it is, or null. */
  private @Nullable Impression pass(Event event) {
    offset++;
    return switch (event.kind()) {
      case ITEM -> describe(event);
      case ERASE -> erase(event);
      case USER, BEHAVIOUR -> fold(event);
    };
  }

  private @Nullable Impression describe(Event event) {
    String id = event.items().getFirst();
    described.merge(id, event.timeMillis(), Math::min);
    Item known = items.get(id);
    if (known == null || known.timeMillis() <= event.timeMillis()) {
      // Repeats change nothing here, so the hash that would tell them is not needed.
      items.put(
          new StoredItem(
              new Item(id, event.attributes(), event.available(), event.timeMillis()), 0));
    }
    return null;
  }

  private @Nullable Impression erase(Event event) {
    sequences.remove(event.key());
    histories.keySet().removeIf(request -> request.user().equals(event.key()));
    erasures.merge(event.key(), new Erasure(offset, event.timeMillis()), Erasure::merge);
    return null;
  }

  private @Nullable Impression fold(Event event) {
    String user = event.key();
    watermark = reducer.watermark(watermark, event, SourceRecord.UNKNOWN_TIME);
    Erasure erasure = erasures.get(user);
    if ((erasure != null && erasure.covers(offset, event.timeMillis()))
        || reducer.isExpired(event, SourceRecord.UNKNOWN_TIME, watermark)) {
      return null;
    }
    UserSequence before =
        reducer.remembered(sequences.getOrDefault(user, UserSequence.EMPTY), watermark);
    Folded folded = reducer.apply(before, event, SourceRecord.UNKNOWN_TIME);
    if (folded.verdict() != Verdict.APPLIED) {
      return null;
    }
    sequences.put(user, folded.sequence());
    if (event.request() == null) {
      return null;
    }
    var request = new Request(user, event.request());
    UserSequence known = histories.putIfAbsent(request, before);
    if (!event.action().equals(IMPRESSION)) {
      return null;
    }
    return new Impression(
        (known == null ? before : known).before(event.timeMillis()), event, events.outcomes(event));
  }
}
