// SPDX-License-Identifier: Apache-2.0
package io.nextclick.spark;

import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.rank.UserRanker;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.Row;

/**
 * What every executor needs to rank; it travels as a few fields, and opens the model once per JVM.
 *
 * @param model a bundle's directory, at the same path on every executor
 * @param history actions kept per user, beside as many impressions as nextclick score keeps
 * @param limit items per user
 * @param itemRows the item events of the log, in order
 * @param nextOffset the first offset that the log does not have
 */
record SparkScorer(String model, int history, int limit, List<Row> itemRows, long nextOffset)
    implements Serializable {

  private static final SourcePartition LOG = new SourcePartition("log", 0);
  private static final Map<SparkScorer, UserRanker> RANKERS = new ConcurrentHashMap<>();

  /** The ranker of this JVM. */
  UserRanker ranker() {
    return RANKERS.computeIfAbsent(this, SparkScorer::open);
  }

  private static UserRanker open(SparkScorer settings) {
    try {
      Path directory = Path.of(settings.model);
      Scorer scorer = ModelBundle.open(directory).scorer(Backend.VECTOR, null);
      return new UserRanker(scorer, settings.fold(settings.itemRows).items(), settings.limit);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Folds rows, ordered by offset, into an empty store. */
  SequenceStore fold(List<Row> rows) {
    Capacity capacity = new Capacity(history, FoldSettings.DEFAULT.capacity().maxImpressions());
    SequenceStore store = new HeapSequenceStore(FoldSettings.DEFAULT.withCapacity(capacity));
    List<SourceRecord> records = rows.stream().map(LogRow::record).toList();
    store.apply(new SourceBatch(LOG, "", -1, nextOffset, records));
    return store;
  }

  /** {@code NAME/VERSION}, from where the bundle lies. */
  String modelVersion() {
    Path directory = Path.of(model);
    int names = directory.getNameCount();
    return directory.getName(names - 2) + "/" + directory.getName(names - 1);
  }
}
