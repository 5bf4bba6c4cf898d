// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.features.item.ItemCatalog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The catalogue as requests need it: the items that may be ranked, and those that may not.
 *
 * <p>It is made anew when the catalogue has changed, at most once a second: a stream of item events
 * must not make every request read all items.
 */
final class CatalogView {

  private static final long MIN_AGE_NANOS = 1_000_000_000L;

  private record Snapshot(
      long version, long nanos, List<String> available, Set<String> unavailable) {}

  private final ItemCatalog catalog;
  private volatile Snapshot snapshot;

  CatalogView(ItemCatalog catalog) {
    this.catalog = catalog;
    this.snapshot = read();
  }

  /** The items that may be ranked, ordered by id. */
  List<String> available() {
    return current().available;
  }

  /** The items that may not. */
  Set<String> unavailable() {
    return current().unavailable;
  }

  private Snapshot current() {
    return stale(snapshot) ? refresh() : snapshot;
  }

  private boolean stale(Snapshot seen) {
    return catalog.version() != seen.version && System.nanoTime() - seen.nanos > MIN_AGE_NANOS;
  }

  private synchronized Snapshot refresh() {
    if (stale(snapshot)) {
      snapshot = read();
    }
    return snapshot;
  }

  private Snapshot read() {
    long version = catalog.version();
    List<String> available = new ArrayList<>();
    Set<String> unavailable = new HashSet<>();
    catalog.forEach(item -> {
      if (item.available()) {
        available.add(item.id());
      } else {
        unavailable.add(item.id());
      }
    });
    return new Snapshot(version, System.nanoTime(), List.copyOf(available), unavailable);
  }
}
