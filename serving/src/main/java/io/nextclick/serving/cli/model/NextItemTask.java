// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.search.Arithmetic;
import io.nextclick.model.search.SearchSpace;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.Training;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/** What comes next: the last two items of every user are held out. */
record NextItemTask(LeaveOneOut users) implements TrainingTask {

  /** As long as the fold allows, so that the last items held out are the last of all. */
  private static final FoldSettings WHOLE_HISTORY = FoldSettings.DEFAULT.withMaxHistory(65_536);

  static NextItemTask of(EventLog log) throws IOException {
    try (var store = new HeapSequenceStore(WHOLE_HISTORY)) {
      EventLogFold.into(store, log);
      return new NextItemTask(LeaveOneOut.of(store, PositiveActions.of(WHOLE_HISTORY)));
    }
  }

  @Override
  public TrainedModel train(Recipe recipe, double share, Run run) throws IOException {
    return new Training(recipe, run.seed(), run.threads(), run.checkpoint(), run.listener())
        .until(run.stop())
        .nextItem(users.sample(share));
  }

  @Override
  public SearchSpace space() {
    List<Integer> lengths = new ArrayList<>();
    users.train().forEach(rows -> lengths.add(rows.length));
    lengths.sort(null);
    long events = lengths.stream().mapToLong(Integer::longValue).sum();
    double median = lengths.isEmpty() ? 0 : lengths.get(lengths.size() / 2);
    return SearchSpace.nextItem(
        new Arithmetic(lengths.size(), events, 0, users.items().size(), median), told());
  }

  private SearchSpace.Told told() {
    ItemSequences train = users.train();
    boolean attributes =
        IntStream.rangeClosed(1, users.items().size())
            .mapToObj(train::item)
            .anyMatch(item -> item != null && !item.attributes().isEmpty());
    AtomicBoolean times = new AtomicBoolean();
    AtomicBoolean actions = new AtomicBoolean();
    train.forEachTimed((rows, at, done) -> {
      for (int t = 1; t < rows.length; t++) {
        times.compareAndSet(false, at[t] != at[t - 1]);
        actions.compareAndSet(false, done[t] != done[t - 1]);
      }
    });
    return new SearchSpace.Told(attributes, times.get(), actions.get());
  }

  @Override
  public Map<String, String> provenance() {
    return Map.of();
  }
}
