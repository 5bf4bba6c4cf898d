// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import org.apache.kafka.clients.admin.Admin;

/**
 * What keeps a batch that cannot be read from stopping more than its partition. For one thread.
 *
 * @param journal what the process was reading
 * @param reader reads what Kafka's consumer fails at
 * @param skipped what an operator has let go
 */
record ReadGuard(PollJournal journal, CarefulReader reader, SkippedOffsets skipped)
    implements AutoCloseable {

  static ReadGuard in(IngestSettings limits, KafkaSettings settings, Admin admin) {
    return new ReadGuard(
        new PollJournal(limits.directory().resolve("ingest-polls")),
        new CarefulReader(settings, admin),
        new SkippedOffsets(limits.skippedOffsets()));
  }

  @Override
  public void close() {
    try (journal;
        reader) {
      // both are closed
    }
  }
}
