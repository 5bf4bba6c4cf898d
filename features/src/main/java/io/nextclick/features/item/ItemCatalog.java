// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.item;

import java.util.function.Consumer;
import java.util.function.Predicate;
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
  default void forEach(Consumer<Item> visitor) {
    forEachWhile(item -> {
      visitor.accept(item);
      return true;
    });
  }

  /** Hands items to {@code visitor}, ordered by id, until it says false. */
  void forEachWhile(Predicate<Item> visitor);

  /**
   * Calls {@code listener} with every item that is added or replaced from now on, in the writer's
   * thread and after the change can be read.
   */
  void addListener(Consumer<Item> listener);
}
