// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.ingest.log.EventLogWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/** Reads one format of behaviour data. Memory does not grow with the size of the input. */
public interface Importer {

  /** When times are made up, the time of row 0: 2000-01-01T00:00:00Z; row n is n seconds later. */
  long FIRST_TIME_MILLIS = 946_684_800_000L;

  /**
   * Hands every row to {@code output}, as events or as refused.
   *
   * @throws IOException if a file is missing, cut off or damaged
   */
  void read(Path in, ImportOutput output) throws IOException;

  /**
   * Writes the events of {@code in} to the log {@code out}, which appears when it is complete.
   *
   * @param progress gets the number of events written, now and then
   */
  default ImportSummary run(Path in, Path out, LongConsumer progress) throws IOException {
    try (EventLogWriter writer = EventLogWriter.open(out)) {
      var output = new ImportOutput(writer, progress);
      read(in, output);
      writer.commit();
      return output.summary();
    }
  }
}
