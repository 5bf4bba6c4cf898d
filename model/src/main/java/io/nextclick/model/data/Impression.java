// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.data;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.RequestFields;
import io.nextclick.features.event.Event;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Items that were shown to a user at once, which of them were clicked, and what was known of the
 * user when they were chosen. One item is one row of training or evaluation.
 *
 * @param before the user's sequence, of events strictly before the impression
 * @param event the impression
 * @param clicked (items,) whether the item had the outcome that is predicted, such as a click
 */
public record Impression(UserSequence before, Event event, boolean[] clicked) {

  /** The context field that says the day, as KuaiRand has it: tells the split, is no feature. */
  public static final String DATE = "date";

  /**
   * @throws IllegalStateException if {@code before} holds anything from the time of the impression
   *     or later: a leak
   */
  public Impression {
    long known = Math.max(before.lastTimeMillis(), before.attributesTimeMillis());
    if (known >= event.timeMillis()) {
      throw new IllegalStateException(
          "leak: impression %s is of time %d, but its history reaches to %d"
              .formatted(event.id(), event.timeMillis(), known));
    }
    if (clicked.length != event.items().size()) {
      throw new IllegalArgumentException(
          "items=%d, labels=%d".formatted(event.items().size(), clicked.length));
    }
  }

  /** The user. */
  public String user() {
    return event.key();
  }

  /** The items, in the order in which they were shown. */
  public List<String> items() {
    return event.items();
  }

  /** When they were shown, epoch milliseconds. */
  public long timeMillis() {
    return event.timeMillis();
  }

  /** The context that a model may read: everything but {@value #DATE}. */
  public Map<String, String> context() {
    if (!event.context().containsKey(DATE)) {
      return event.context();
    }
    Map<String, String> context = new TreeMap<>(event.context());
    context.remove(DATE);
    return context;
  }

  /** The context of one item: with its place, unless the log has one. */
  public Map<String, String> context(int item) {
    Map<String, String> context = new TreeMap<>(context());
    context.putIfAbsent(RequestFields.POSITION, String.valueOf(item));
    return context;
  }

  /** The context of who does not know where an item will stand. */
  public Map<String, String> unplacedContext() {
    Map<String, String> context = new TreeMap<>(context());
    context.remove(RequestFields.POSITION);
    return context;
  }

  /**
   * What serving would ask about each item, at the place where it was shown.
   *
   * @param history the user's, at most {@link #before}
   * @param catalog where the attributes of items unknown to the model stand
   */
  public List<EncodedRequest> requests(Scorer scorer, UserSequence history, ItemCatalog catalog) {
    return requests(scorer, history, catalog, this::context);
  }

  /** One request for all items, by somebody who does not know where they will stand. */
  public EncodedRequest unplacedRequest(Scorer scorer, UserSequence history, ItemCatalog catalog) {
    return scorer.request(
        history, items(), event.fields(), unplacedContext(), catalog, timeMillis());
  }

  /** The same by somebody who does not know where the items will stand: all at the first place. */
  public List<EncodedRequest> unplacedRequests(
      Scorer scorer, UserSequence history, ItemCatalog catalog) {
    Map<String, String> context = unplacedContext();
    return requests(scorer, history, catalog, item -> context);
  }

  private List<EncodedRequest> requests(
      Scorer scorer,
      UserSequence history,
      ItemCatalog catalog,
      IntFunction<Map<String, String>> context) {
    // Told apart by the newest event: one impression may be asked about with two histories.
    var key = new EncodedRequest.HistoryKey(event.id(), history.lastTimeMillis());
    return IntStream.range(0, items().size())
        .mapToObj(item ->
            scorer
                .request(
                    history,
                    List.of(items().get(item)),
                    event.fields().at(item),
                    context.apply(item),
                    catalog,
                    timeMillis())
                .withHistoryKey(key))
        .toList();
  }
}
