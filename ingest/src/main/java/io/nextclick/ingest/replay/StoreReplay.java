// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.replay;

import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.file.FileHash;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/**
 * Folds a log file straight into a store. The file is a source with one partition, and a line's
 * number, from 1, is its offset; so the store itself knows where to go on after an interruption.
 */
public final class StoreReplay {

  private static final int BATCH_LINES = 1_000;

  private final SequenceStore store;
  private final Consumer<ReplayProgress> listener;

  /**
   * @param listener told after each batch
   */
  public StoreReplay(SequenceStore store, Consumer<ReplayProgress> listener) {
    this.store = store;
    this.listener = listener;
  }

  /**
   * Folds what the store has not folded yet of {@code log}.
   *
   * @param name the name of the source; the same log must always go by the same name
   * @throws IOException if the log cannot be read, or is shorter than what was folded of it
   */
  public ReplayProgress run(Path log, String name) throws IOException {
    SourcePartition source = new SourcePartition(name, 0);
    PartitionState before = store.partitions().get(source);
    String identity = identity(log);
    if (before != null && !before.topicId().isEmpty() && !before.topicId().equals(identity)) {
      throw new IOException(
          "%s is another log than the one that was folded from the source %s before, by its first line: give it another --name"
              .formatted(log, name));
    }
    long skip = before == null ? 0 : before.nextOffset() - 1;
    long start = System.nanoTime();
    long refused = 0;
    try (EventLogReader reader = EventLogReader.open(log, store.settings().times())) {
      long skipped = reader.skip(skip);
      if (skipped < skip) {
        throw new IOException(
            "%s has %d lines, but %d were folded from the source %s before: give another --name to another log"
                .formatted(log, skipped, skip, name));
      }
      List<SourceRecord> batch = new ArrayList<>(BATCH_LINES);
      LogLine line;
      do {
        line = reader.next();
        if (line != null) {
          refused += line.decoded() instanceof RejectedEvent ? 1 : 0;
          batch.add(record(line));
        }
        if (batch.size() == BATCH_LINES || (line == null && !batch.isEmpty())) {
          store.apply(
              new SourceBatch(source, identity, -1, reader.lines() + 1, List.copyOf(batch)));
          batch.clear();
          listener.accept(progress(reader, skipped, refused, start));
        }
      } while (line != null);
      return progress(reader, skipped, refused, start);
    }
  }

  /** What stands for a topic's id: the hash of the first line, which a log keeps when it grows. */
  private static String identity(Path log) throws IOException {
    try (EventLogReader reader = EventLogReader.open(log)) {
      LogLine first = reader.next();
      if (first == null) {
        return "";
      }
      byte[] hash = FileHash.digest().digest(first.value());
      return "line-" + HexFormat.of().formatHex(hash, 0, 8);
    }
  }

  private static SourceRecord record(LogLine line) {
    return new SourceRecord(line.number(), SourceRecord.UNKNOWN_TIME, line.decoded(), line.value());
  }

  private static ReplayProgress progress(
      EventLogReader reader, long skipped, long refused, long startNanos) throws IOException {
    return new ReplayProgress(
        reader.lines(),
        skipped,
        refused,
        reader.bytesRead(),
        reader.size(),
        (System.nanoTime() - startNanos) / 1e9);
  }
}
