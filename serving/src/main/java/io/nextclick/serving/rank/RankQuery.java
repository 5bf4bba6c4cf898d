// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.SlateRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through the stages.
 *
 * @param history what is known of the user
 * @param unread why what is stored of the user was not read; null when it was
 * @param filter which items may appear
 * @param limit items in the answer
 * @param timeMillis when it came, epoch milliseconds
 */
record RankQuery(
    RankRequest request,
    StoredSequence history,
    @Nullable Fallback unread,
    ItemFilter filter,
    int limit,
    long timeMillis,
    Deadline deadline,
    StageTimes times) {

  /** Candidates that a search must find at least, where there are as many. */
  int wanted() {
    SlateRequest slate = request.slate();
    return slate == null ? limit : Math.max(limit, slate.considered());
  }

  /** The request's context; empty if it has none. */
  Map<String, String> context() {
    return request.context() == null ? Map.of() : request.context();
  }
}
