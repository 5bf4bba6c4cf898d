// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.data;

import io.nextclick.features.event.Event;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Events with a window on those that follow, in which outcomes are found by request and item. */
final class OutcomeWindow implements Iterator<Event> {

  private record Key(String user, String request, String item) {}

  private final Iterator<Event> log;
  private final String outcome;
  private final int lookahead;
  private final ArrayDeque<Event> ahead = new ArrayDeque<>(); // at most lookahead events
  private final Map<Key, Integer> outcomes = new HashMap<>(); // among those ahead, how often
  private final Set<Key> matched = new HashSet<>(); // among those ahead, belong to an impression
  private long unmatched;

  OutcomeWindow(Iterator<Event> log, String outcome, int lookahead) {
    if (lookahead < 1) {
      throw new IllegalArgumentException("lookahead=" + lookahead + ", at least 1");
    }
    this.log = log;
    this.outcome = outcome;
    this.lookahead = lookahead;
  }

  @Override
  public boolean hasNext() {
    return !ahead.isEmpty() || log.hasNext();
  }

  /** The next event; those after it are looked through for outcomes until the one after it. */
  @Override
  public Event next() {
    Event event = ahead.isEmpty() ? log.next() : ahead.remove();
    leave(event);
    while (ahead.size() < lookahead && log.hasNext()) {
      Event read = log.next();
      ahead.add(read);
      enter(read);
    }
    return event;
  }

  private void enter(Event event) {
    String request = requestOf(event);
    if (request != null) {
      for (String item : event.items()) {
        outcomes.merge(new Key(event.key(), request, item), 1, Integer::sum);
      }
    }
  }

  private void leave(Event event) {
    String request = requestOf(event);
    if (request == null) {
      return;
    }
    for (String item : event.items()) {
      Key key = new Key(event.key(), request, item);
      Integer left = outcomes.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
      unmatched += matched.contains(key) ? 0 : 1;
      if (left == null) {
        matched.remove(key);
      }
    }
  }

  private @Nullable String requestOf(Event event) {
    return event.action().equals(outcome) ? event.request() : null;
  }

  /** (items,) whether each item of an impression has the outcome among the events ahead. */
  boolean[] outcomes(Event impression) {
    boolean[] found = new boolean[impression.items().size()];
    String request = impression.request();
    for (int i = 0; i < found.length && request != null; i++) {
      Key key = new Key(impression.key(), request, impression.items().get(i));
      found[i] = outcomes.containsKey(key);
      if (found[i]) {
        matched.add(key);
      }
    }
    return found;
  }

  /** Outcomes that were passed and belonged to no impression. */
  long unmatched() {
    return unmatched;
  }
}
