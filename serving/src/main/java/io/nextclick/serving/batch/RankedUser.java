// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.model.rank.UserRanker.Ranked;
import org.jspecify.annotations.Nullable;

/**
 * A user's list: rows {@code user, item, rank, score, probability, modelVersion, historyOffset} of
 * the output.
 *
 * @param placeProbabilities (items,) of a click on each where it stands: rows have {@code
 *     placeProbability}, too; null for a list, and for a page where nobody says
 * @param historyOffset the first offset that the user's history does not have; null for a user of
 *     whom nothing is stored
 */
public record RankedUser(
    String user, Ranked list, float @Nullable [] placeProbabilities, @Nullable Long historyOffset) {

  /** A list. */
  RankedUser(String user, Ranked list, @Nullable Long historyOffset) {
    this(user, list, null, historyOffset);
  }
}
