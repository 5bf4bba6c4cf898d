// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies batches to a store so that no record can kill the process for ever.
 *
 * <p>A batch that took the process down {@link #MAX_ATTEMPTS} times is applied record by record;
 * the record that then takes it down once more is quarantined as {@link Reason#POISON}.
 */
final class GuardedStore {

  static final int MAX_ATTEMPTS = 3;

  private static final Logger LOG = LoggerFactory.getLogger(GuardedStore.class);

  private final SequenceStore store;
  private final AttemptJournal journal;
  private final BatchListener listener;

  GuardedStore(SequenceStore store, AttemptJournal journal, BatchListener listener) {
    this.store = store;
    this.journal = journal;
    this.listener = listener;
  }

  void apply(SourceBatch batch) {
    listener.before(batch);
    applyGuarded(batch);
    listener.after(batch);
  }

  private void applyGuarded(SourceBatch batch) {
    if (batch.records().isEmpty()) {
      store.apply(batch);
      return;
    }
    long first = batch.records().getFirst().offset();
    int failed = journal.failed(batch.partition(), first);
    if (failed < MAX_ATTEMPTS) {
      journal.begin(batch.partition(), first, failed + 1);
      store.apply(batch);
    } else {
      LOG.error(
          "{} at offset {} took the process down {} times: applying its records one by one",
          batch.partition(),
          first,
          failed);
      applyOneByOne(batch);
    }
    journal.done(batch.partition());
  }

  private void applyOneByOne(SourceBatch batch) {
    List<SourceRecord> records = batch.records();
    for (int i = 0; i < records.size(); i++) {
      SourceRecord record = records.get(i);
      boolean last = i == records.size() - 1;
      long next = last ? batch.nextOffset() : records.get(i + 1).offset();
      SourcePartition partition = batch.partition();
      boolean poison = journal.failed(partition, record.offset()) > MAX_ATTEMPTS;
      if (poison) {
        LOG.error("{} at offset {} is quarantined as poison", partition, record.offset());
      } else {
        journal.begin(partition, record.offset(), MAX_ATTEMPTS + 1);
      }
      store.apply(
          new SourceBatch(
              partition,
              batch.topicId(),
              batch.leaderEpoch(),
              next,
              List.of(poison ? refuse(record) : record)));
    }
  }

  private static SourceRecord refuse(SourceRecord record) {
    RejectedEvent poison =
        new RejectedEvent(
            Reason.POISON, "the process died of it " + (MAX_ATTEMPTS + 1) + " times in a row");
    return new SourceRecord(record.offset(), record.appendTimeMillis(), poison, record.value());
  }
}
