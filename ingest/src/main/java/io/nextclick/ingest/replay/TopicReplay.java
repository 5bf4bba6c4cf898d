// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.replay;

import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.log.TopicLogReader;
import io.nextclick.ingest.log.TopicRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Folds a topic log straight into a store. Its records keep their partitions and offsets, so the
 * state is the one that ingest would have made of them, and ingest goes on behind it.
 */
public final class TopicReplay {

  private static final int BATCH_RECORDS = 1_000;

  private final SequenceStore store;
  private final Consumer<ReplayProgress> listener;
  private final Map<SourcePartition, List<SourceRecord>> batches = new TreeMap<>();

  /**
   * @param listener told after each batch
   */
  public TopicReplay(SequenceStore store, Consumer<ReplayProgress> listener) {
    this.store = store;
    this.listener = listener;
  }

  /**
   * Folds what the store has not folded yet of {@code log}.
   *
   * @throws IOException if the log cannot be read; what was folded before stays
   */
  public ReplayProgress run(Path log) throws IOException {
    long start = System.nanoTime();
    long skipped = 0;
    long refused = 0;
    try (TopicLogReader reader = TopicLogReader.open(log, store.settings().times())) {
      for (TopicRecord line = reader.next(); line != null; line = reader.next()) {
        SourceRecord record = line.record();
        if (record.offset() < nextOffset(line.partition())) {
          skipped++;
          continue;
        }
        refused += record.decoded() instanceof RejectedEvent ? 1 : 0;
        List<SourceRecord> batch =
            batches.computeIfAbsent(line.partition(), partition -> new ArrayList<>());
        batch.add(record);
        if (batch.size() == BATCH_RECORDS) {
          fold(line.partition(), batch);
          listener.accept(progress(reader, skipped, refused, start));
        }
      }
      batches.forEach(this::fold);
      return progress(reader, skipped, refused, start);
    }
  }

  private long nextOffset(SourcePartition partition) {
    PartitionState state = store.partitions().get(partition);
    return state == null ? 0 : state.nextOffset();
  }

  private void fold(SourcePartition partition, List<SourceRecord> batch) {
    if (!batch.isEmpty()) {
      PartitionState before = store.partitions().get(partition);
      String topicId = before == null ? "" : before.topicId();
      long next = batch.getLast().offset() + 1;
      store.apply(new SourceBatch(partition, topicId, -1, next, List.copyOf(batch)));
      batch.clear();
    }
  }

  private static ReplayProgress progress(
      TopicLogReader reader, long skipped, long refused, long startNanos) throws IOException {
    return new ReplayProgress(
        reader.records(),
        skipped,
        refused,
        reader.bytesRead(),
        reader.size(),
        (System.nanoTime() - startNanos) / 1e9);
  }
}
