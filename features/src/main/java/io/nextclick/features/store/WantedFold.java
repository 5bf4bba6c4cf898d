// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import org.jspecify.annotations.Nullable;

/**
 * The settings that a store is opened with. What nobody chose is the default in a new store, and
 * what it is in one that exists: a default that changed must not shut its owner out.
 *
 * @param settings of a new store
 * @param roomAsStored whether a store that exists keeps its room for impressions, or goes on
 *     without one, whatever {@code settings} say
 */
public record WantedFold(FoldSettings settings, boolean roomAsStored) {

  /** All of them chosen. */
  public WantedFold(FoldSettings settings) {
    this(settings, false);
  }

  /**
   * All of them chosen, but for the room for impressions where that is null.
   *
   * @param maxImpressions null for the default, or for what an existing store has
   */
  public static WantedFold of(FoldSettings settings, @Nullable Integer maxImpressions) {
    int impressions =
        maxImpressions == null ? FoldSettings.DEFAULT.capacity().maxImpressions() : maxImpressions;
    Capacity capacity = settings.capacity().withMaxImpressions(impressions);
    return new WantedFold(settings.withCapacity(capacity), maxImpressions == null);
  }

  /** What is wanted of a store that was folded with these. */
  FoldSettings of(FoldSettings stored) {
    return roomAsStored
        ? settings.withCapacity(
            settings.capacity().withMaxImpressions(stored.capacity().maxImpressions()))
        : settings;
  }
}
