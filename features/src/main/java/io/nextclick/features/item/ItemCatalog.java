// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.item;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The items that {@code item} events described. Safe for any thread. */
public interface ItemCatalog {

  /** The item, or null when no event described it. */
  @Nullable Item get(String id);

  /** Number of items, available or not. */
  int size();

  /** Changes whenever an item changes: part of cache keys. */
  long version();

  /** Hands every item to {@code visitor}, ordered by id. */
  void forEach(Consumer<Item> visitor);
}
