// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.model.rank.UserRanker;
import io.nextclick.model.rank.UserRanker.Candidates;
import io.nextclick.serving.rank.PageRanker;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How users are ranked and written.
 *
 * @param store whose state is read; it does not change meanwhile
 * @param partitions how far the store was folded
 * @param shared what is ranked for users without candidates of their own
 * @param modelVersion {@code NAME/VERSION}
 * @param rowsPerPart rows of the input per part file
 * @param pages makes a page of each user, of lists of {@code ranker}; null for the lists
 */
public record BatchScoring(
    SequenceStore store,
    Map<SourcePartition, PartitionState> partitions,
    UserRanker ranker,
    Candidates shared,
    String modelVersion,
    PartFormat format,
    int rowsPerPart,
    @Nullable PageRanker pages) {

  /** Over a store that does not change meanwhile. */
  public BatchScoring(
      SequenceStore store,
      UserRanker ranker,
      Candidates shared,
      String modelVersion,
      PartFormat format,
      int rowsPerPart) {
    this(store, store.partitions(), ranker, shared, modelVersion, format, rowsPerPart, null);
  }

  /** The same, but pages instead of lists; null for lists. */
  public BatchScoring withPages(@Nullable PageRanker ofUsers) {
    return new BatchScoring(
        store, partitions, ranker, shared, modelVersion, format, rowsPerPart, ofUsers);
  }

  /** How long the list of a row may become. */
  int entries(InputRow row) {
    int candidates =
        row instanceof InputRow.User user && user.candidates() != null
            ? user.candidates().items().size()
            : shared.size();
    return Math.min(candidates, pages == null ? ranker.limit() : pages.places());
  }
}
