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
  private final AtomicLong bytes = new AtomicLong();
  private volatile long maxBytes = Runtime.getRuntime().maxMemory() / 4;

  /** Adds or replaces an item. */
  public void put(StoredItem item) {
    String id = item.item().id();
    StoredItem before = items.put(id, item);
    bytes.addAndGet(growth(item, before));
    ordered.put(id, item);
    version.incrementAndGet();
    listeners.forEach(listener -> listener.accept(item.item()));
  }

  private static long growth(StoredItem item, @Nullable StoredItem before) {
    return ItemSize.heapBytes(item.item())
        - (before == null ? 0 : ItemSize.heapBytes(before.item()));
  }

  /**
   * Makes sure that changes leave the catalogue within its bytes. What makes it no larger is always
   * let in.
   *
   * @throws CatalogFullException if they do not
   */
  public void requireRoom(List<StoredItem> changes) {
    long growth =
        changes.stream().mapToLong(item -> growth(item, items.get(item.item().id()))).sum();
    if (growth > 0 && bytes.get() + growth > maxBytes) {
      throw new CatalogFullException(
          "the catalogue is full: its %,d items take %,d bytes of memory, at most %,d are for it: start with a larger heap (-Xmx), a quarter of which it may take"
              .formatted(items.size(), bytes.get(), maxBytes));
    }
  }

  /** About how many bytes of memory the items take. */
  public long bytes() {
    return bytes.get();
  }

  /** How many bytes they may take: a quarter of the heap, unless it was set. */
  public long maxBytes() {
    return maxBytes;
  }

  /** Sets how many bytes they may take. */
  public void limit(long max) {
    maxBytes = max;
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
