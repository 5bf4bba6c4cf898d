// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.models.LoadedModel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request, its answer, and what the answer was made from.
 *
 * @param timeMillis of the request, epoch milliseconds
 * @param fold the settings of the store that was read
 * @param history the state that was read
 * @param model what ordered the list; null for the caller's order
 * @param candidates what was scored; without candidates in the request, the best of the catalogue
 * @param fields numbers that came with them
 * @param scores (candidates,) of the model; 1 / place for the caller's order
 */
public record Ranking(
    RankRequest request,
    long timeMillis,
    FoldSettings fold,
    StoredSequence history,
    @Nullable LoadedModel model,
    List<String> candidates,
    CandidateFields fields,
    float[] scores,
    StageTimes times,
    RankedList answer) {}
