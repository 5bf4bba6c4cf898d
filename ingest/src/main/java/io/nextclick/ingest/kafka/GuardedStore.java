// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.item.CatalogFullException;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.ingest.kafka.careful.ReadGuard;
import java.util.ArrayList;
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

  static final int MAX_ATTEMPTS = ReadGuard.MAX_DEATHS;

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
    try {
      listener.after(batch, applyGuarded(batch));
    } catch (CatalogFullException e) {
      journal.forget(batch.partition());
      throw e;
    }
  }

  private List<Verdict> applyGuarded(SourceBatch batch) {
    if (batch.records().isEmpty()) {
      return store.apply(batch).verdicts();
    }
    long first = batch.records().getFirst().offset();
    int failed = journal.failed(batch, first);
    List<Verdict> verdicts;
    if (failed < MAX_ATTEMPTS) {
      journal.begin(batch, first, failed + 1);
      verdicts = store.apply(batch).verdicts();
    } else {
      LOG.error(
          "{} at offset {} took the process down {} times: applying its records one by one",
          batch.partition(),
          first,
          failed);
      verdicts = applyOneByOne(batch);
    }
    journal.done(batch.partition());
    return verdicts;
  }

  private List<Verdict> applyOneByOne(SourceBatch batch) {
    List<SourceRecord> records = batch.records();
    List<Verdict> verdicts = new ArrayList<>(records.size());
    for (int i = 0; i < records.size(); i++) {
      SourceRecord record = records.get(i);
      boolean last = i == records.size() - 1;
      long next = last ? batch.nextOffset() : records.get(i + 1).offset();
      SourcePartition partition = batch.partition();
      boolean poison = journal.failed(batch, record.offset()) > MAX_ATTEMPTS;
      if (poison) {
        LOG.error("{} at offset {} is quarantined as poison", partition, record.offset());
      } else {
        journal.begin(batch, record.offset(), MAX_ATTEMPTS + 1);
      }
      SourceBatch one =
          new SourceBatch(
              partition,
              batch.topicId(),
              batch.leaderEpoch(),
              next,
              List.of(poison ? refuse(record) : record));
      verdicts.addAll(store.apply(one).verdicts());
    }
    return verdicts;
  }

  private static SourceRecord refuse(SourceRecord record) {
    RejectedEvent poison =
        new RejectedEvent(
            Reason.POISON, "the process died of it " + (MAX_ATTEMPTS + 1) + " times in a row");
    return new SourceRecord(record.offset(), record.appendTimeMillis(), poison, record.value());
  }
}
