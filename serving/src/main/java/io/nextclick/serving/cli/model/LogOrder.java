// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.event.Event;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Finds events that stand behind later ones of the same user, and items that are described only
 * after they were used: what follows from the order of such a log is not what happened. Holds a
 * time per user and item.
 */
final class LogOrder implements Consumer<Event> {

  private final Map<String, Long> users = new HashMap<>();
  private final Map<String, Long> items = new HashMap<>();
  private long misplaced;

  @Override
  public void accept(Event event) {
    if (event.kind() == Event.Kind.ITEM) {
      misplaced += event.timeMillis() < items.getOrDefault(event.key(), Long.MIN_VALUE) ? 1 : 0;
      return;
    }
    long newest = users.merge(event.key(), event.timeMillis(), Math::max);
    misplaced += event.timeMillis() < newest ? 1 : 0;
    for (String item : event.items()) {
      items.merge(item, event.timeMillis(), Math::max);
    }
  }

  /** Events that stand behind later ones. */
  long misplaced() {
    return misplaced;
  }
}
