// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The items that were described last: among them are those that came after a model was trained, and
 * that a search of its embeddings cannot find. Kept up to date by the catalogue itself.
 */
final class NewestItems {

  private final int kept;
  private final LinkedHashSet<String> ids = new LinkedHashSet<>(); // oldest first
  private volatile @Nullable List<String> list; // null after a change

  /**
   * @param kept items at most
   */
  NewestItems(ItemCatalog catalog, int kept) {
    this.kept = kept;
    catalog.addListener(this::described);
    addOlder(catalog);
  }

  private synchronized void described(Item item) {
    ids.remove(item.id());
    ids.add(item.id());
    if (ids.size() > kept) {
      ids.removeFirst();
    }
    list = null;
  }

  /** What was described before the listener was there. */
  private synchronized void addOlder(ItemCatalog catalog) {
    var newest = new PriorityQueue<Item>(Comparator.comparingLong(Item::timeMillis));
    catalog.forEach(item -> {
      newest.add(item);
      if (newest.size() > kept) {
        newest.remove();
      }
    });
    List<String> oldestFirst = new ArrayList<>();
    while (!newest.isEmpty()) {
      oldestFirst.add(newest.remove().id());
    }
    for (String id : oldestFirst.reversed()) {
      if (ids.size() < kept && !ids.contains(id)) {
        ids.addFirst(id);
      }
    }
    list = null;
  }

  /** Their ids, newest first, as they are now. */
  List<String> list() {
    List<String> seen = list;
    return seen == null ? read() : seen;
  }

  private synchronized List<String> read() {
    List<String> read = List.copyOf(ids.reversed());
    list = read;
    return read;
  }
}
