// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.backfill;

import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import org.jspecify.annotations.Nullable;

/**
 * What a backfill is asked to keep of a user.
 *
 * @param maxHistory actions; null for as many as the store before it
 * @param maxImpressions impressions beside them; null for as many as the store before it, or where
 *     that has one room for everything, for as many as a new store keeps
 */
public record WantedRooms(@Nullable Integer maxHistory, @Nullable Integer maxImpressions) {

  /** The settings of a new store, after those of the one that serves. */
  FoldSettings ofNew(FoldSettings serving) {
    Capacity capacity = serving.capacity();
    return of(
        capacity.isShared()
            ? serving.withCapacity(
                capacity.withMaxImpressions(FoldSettings.DEFAULT.capacity().maxImpressions()))
            : serving);
  }

  /** These settings, but for what is asked for. */
  FoldSettings of(FoldSettings settings) {
    Capacity capacity = settings.capacity();
    return settings.withCapacity(
        new Capacity(
            maxHistory == null ? capacity.maxHistory() : maxHistory,
            maxImpressions == null ? capacity.maxImpressions() : maxImpressions));
  }
}
