// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.model.rank.UserRanker;
import io.nextclick.model.rank.UserRanker.Candidates;
import java.util.Map;

/**
 * How users are ranked and written.
 *
 * @param store whose state is read; it does not change meanwhile
 * @param partitions how far the store was folded
 * @param shared what is ranked for users without candidates of their own
 * @param modelVersion {@code NAME/VERSION}
 * @param rowsPerPart rows of the input per part file
 */
public record BatchScoring(
    SequenceStore store,
    Map<SourcePartition, PartitionState> partitions,
    UserRanker ranker,
    Candidates shared,
    String modelVersion,
    PartFormat format,
    int rowsPerPart) {

  /** Over a store that does not change meanwhile. */
  public BatchScoring(
      SequenceStore store,
      UserRanker ranker,
      Candidates shared,
      String modelVersion,
      PartFormat format,
      int rowsPerPart) {
    this(store, store.partitions(), ranker, shared, modelVersion, format, rowsPerPart);
  }

  /** How long the list of a row may become. */
  int entries(InputRow row) {
    int candidates =
        row instanceof InputRow.User user && user.candidates() != null
            ? user.candidates().items().size()
            : shared.size();
    return Math.min(candidates, ranker.limit());
  }
}
