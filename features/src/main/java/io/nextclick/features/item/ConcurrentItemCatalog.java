// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.item;

import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The catalogue in memory, written by the store and read by everybody. */
public final class ConcurrentItemCatalog implements ItemCatalog {

  private final ConcurrentSkipListMap<String, StoredItem> items = new ConcurrentSkipListMap<>();
  // A skip list counts its entries by walking them.
  private final AtomicInteger size = new AtomicInteger();
  private final AtomicLong version = new AtomicLong();

  /** Adds or replaces an item. */
  public void put(StoredItem item) {
    if (items.put(item.item().id(), item) == null) {
      size.incrementAndGet();
    }
    version.incrementAndGet();
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
    return size.get();
  }

  @Override
  public long version() {
    return version.get();
  }

  @Override
  public void forEach(Consumer<Item> visitor) {
    items.values().forEach(stored -> visitor.accept(stored.item()));
  }
}
