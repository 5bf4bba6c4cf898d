// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.rank.UserRanker;
import io.nextclick.model.rank.UserRanker.Candidates;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.rank.PageRanker;
import io.nextclick.serving.rank.PageRanker.RankedPage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Some rows in a row, ranked by one thread. */
final class BatchTask implements Callable<BatchTask.Done> {

  /**
   * What came of them.
   *
   * @param lists in the order of the rows, ready to be written
   * @param entries of the lists, as they were expected
   * @param pairs pairs of user and item that were scored
   */
  record Done(
      int rows,
      long entries,
      PartFormat.Encoded lists,
      List<InputRow.Bad> rejected,
      long pairs,
      boolean endsPart) {}

  private final BatchScoring scoring;
  private final List<InputRow> rows;
  private final long entries;
  private final boolean endsPart;

  BatchTask(BatchScoring scoring, List<InputRow> rows, long entries, boolean endsPart) {
    this.scoring = scoring;
    this.rows = rows;
    this.entries = entries;
    this.endsPart = endsPart;
  }

  @Override
  public Done call() {
    List<RankedUser> ranked = new ArrayList<>(rows.size());
    List<InputRow.Bad> rejected = new ArrayList<>();
    for (InputRow row : rows) {
      switch (row) {
        case InputRow.Bad bad -> rejected.add(bad);
        case InputRow.User user -> ranked.add(rank(user));
        case InputRow.Stored stored -> ranked.add(rank(stored));
      }
    }
    return new Done(
        rows.size(),
        entries,
        scoring.format().encode(ranked, scoring.modelVersion()),
        rejected,
        ranked.stream().mapToLong(user -> user.list().scored()).sum(),
        endsPart);
  }

  private RankedUser rank(InputRow.User row) {
    SequenceStore store = scoring.store();
    UserRanker ranker = scoring.ranker();
    StoredSequence stored = store.get(row.user());
    CandidateList own = row.candidates();
    Candidates candidates =
        own == null ? scoring.shared() : ranker.candidates(own.items(), own.fields());
    return ranked(row.user(), stored.sequence(), candidates, row.context(), stored.state());
  }

  private RankedUser rank(InputRow.Stored row) {
    UserSequence history = SequenceCodec.decode(row.user(), row.value());
    PartitionState state = scoring.partitions().get(row.partition());
    return ranked(row.user(), history, scoring.shared(), Map.of(), state);
  }

  private RankedUser ranked(
      String user,
      UserSequence history,
      Candidates candidates,
      Map<String, String> context,
      @Nullable PartitionState state) {
    Long offset = state == null ? null : state.nextOffset();
    PageRanker pages = scoring.pages();
    if (pages == null) {
      return new RankedUser(user, scoring.ranker().rank(history, candidates, context), offset);
    }
    RankedPage page = pages.rank(history, candidates, context);
    return new RankedUser(user, page.list(), page.placeProbabilities(), offset);
  }
}
