// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import java.util.Set;

/**
 * What a request may ask for, and what it gets when it does not say.
 *
 * @param maxCandidates candidates, and excluded items, of one request at most
 * @param maxLimit the longest list
 * @param defaultLimit items in a list when the request does not say
 * @param defaultDeadlineMillis when the request does not say
 * @param excludeActions action codes: an item that the user did one of these to is not ranked again
 */
public record RankingLimits(
    int maxCandidates,
    int maxLimit,
    int defaultLimit,
    int defaultDeadlineMillis,
    Set<Integer> excludeActions) {

  public RankingLimits {
    excludeActions = Set.copyOf(excludeActions);
  }
}
