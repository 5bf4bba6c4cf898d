// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.item;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The catalogue in memory, written by the store and read by everybody. */
public final class ConcurrentItemCatalog implements ItemCatalog {

  // Requests look items up by the thousand: that wants a hash table, and the order a skip list.
  private final ConcurrentHashMap<String, StoredItem> items = new ConcurrentHashMap<>();
  private final ConcurrentSkipListMap<String, StoredItem> ordered = new ConcurrentSkipListMap<>();
  private final List<Consumer<Item>> listeners = new CopyOnWriteArrayList<>();
  private final AtomicLong version = new AtomicLong();

  /** Adds or replaces an item. */
  public void put(StoredItem item) {
    String id = item.item().id();
    items.put(id, item);
    ordered.put(id, item);
    version.incrementAndGet();
    listeners.forEach(listener -> listener.accept(item.item()));
  }

  /** The item with what the fold needs to know, or null. */
  public @Nullable StoredItem stored(String id) {
    return items.get(id);
  }

  @Override
  public @Nullable Item get(String id) {
    StoredItem stored = items.get(id);
    return stored == null ? null : stored.item();
  }

  @Override
  public int size() {
    return items.size();
  }

  @Override
  public long version() {
    return version.get();
  }

  @Override
  public void forEachWhile(Predicate<Item> visitor) {
    for (StoredItem stored : ordered.values()) {
      if (!visitor.test(stored.item())) {
        return;
      }
    }
  }

  @Override
  public void addListener(Consumer<Item> listener) {
    listeners.add(listener);
  }
}
