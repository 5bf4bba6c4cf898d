// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.nio.file.Path;
import org.apache.kafka.clients.admin.Admin;

/**
 * What keeps a batch that cannot be read from stopping more than its partition. For one thread.
 *
 * @param journal what the process was reading
 * @param reader reads what Kafka's consumer fails at
 * @param skipped what an operator has let go
 */
public record ReadGuard(PollJournal journal, CarefulReader reader, SkippedOffsets skipped)
    implements AutoCloseable {

  /** So often in a row the process may die of one place in the log. */
  public static final int MAX_DEATHS = 3;

  /**
   * Keeps its files in a directory.
   *
   * @param skipped the file that says which offsets an operator has let go
   */
  public static ReadGuard in(Path directory, Path skipped, KafkaSettings settings, Admin admin) {
    return new ReadGuard(
        new PollJournal(directory.resolve("ingest-polls")),
        new CarefulReader(settings, admin),
        new SkippedOffsets(skipped));
  }

  @Override
  public void close() {
    try (journal;
        reader) {
      // both are closed
    }
  }
}
