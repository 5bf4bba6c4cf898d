// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import io.nextclick.serving.cli.option.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Folds an event log into an empty store: the offset of a line is its number less one. */
final class EventLogFold {

  private static final int BATCH = 16_384;

  private static final SourcePartition PARTITION = new SourcePartition("log", 0);

  private EventLogFold() {}

  /**
   * Folds the whole log.
   *
   * @return how many records ended in each verdict
   */
  static Map<String, Long> into(SequenceStore store, EventLog log) throws IOException {
    Counters counters = Counters.ZERO;
    try (EventLogReader reader = EventLogReader.open(log.file());
        var progress = Progress.onTerminal("read %,d events")) {
      List<SourceRecord> records = new ArrayList<>(BATCH);
      for (LogLine line = reader.next(); line != null; line = reader.next()) {
        records.add(
            new SourceRecord(
                line.number() - 1, SourceRecord.UNKNOWN_TIME, line.decoded(), line.value()));
        if (records.size() == BATCH) {
          counters = counters.plus(apply(store, records, reader.lines()));
          progress.at(reader.lines());
        }
      }
      counters = counters.plus(apply(store, records, reader.lines()));
    }
    Map<String, Long> verdicts = new LinkedHashMap<>();
    verdicts.put("applied", counters.applied());
    verdicts.put("duplicate", counters.duplicate());
    verdicts.put("late", counters.late());
    verdicts.put("quarantined", log.survey().refused());
    verdicts.put("erased", counters.erased());
    return verdicts;
  }

  private static Counters apply(SequenceStore store, List<SourceRecord> records, long next) {
    SourceBatch batch = new SourceBatch(PARTITION, "", -1, next, List.copyOf(records));
    records.clear();
    return store.apply(batch).counters();
  }
}
