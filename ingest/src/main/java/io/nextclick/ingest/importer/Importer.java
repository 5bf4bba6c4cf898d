// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.ingest.log.EventSorter;
import io.nextclick.ingest.log.RefusedRows;
import io.nextclick.ingest.log.TooManyRefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Reads one format of behaviour data. Memory does not grow with the size of the input.
 *
 * <p>The log comes out in time order, whatever the order of the input. Rows of one user at one time
 * stand in an order drawn with a seed: the order of a file, by item often enough, would pass for
 * the order of what the user did.
 */
public interface Importer {

  /**
   * Hands every row to {@code output}, as events or as refused.
   *
   * @param in a file, or a folder, which may be inside an archive
   * @throws IOException if a file is missing, cut off, damaged or of another form
   */
  void read(Path in, ImportOutput output) throws IOException;

  /**
   * Writes the events of {@code in} to the log {@code out}, which appears when it is complete.
   *
   * @param in a file, a folder or a zip archive
   * @param rows counts what is taken and refused
   * @param progress gets the number of events read, now and then
   * @throws TooManyRefusedException if nothing was read, or too much refused; then {@code out} is
   *     as it was before
   */
  default ImportSummary run(
      Path in, Path out, ImportSettings settings, RefusedRows rows, LongConsumer progress)
      throws IOException {
    Path folder = out.toAbsolutePath().getParent();
    try (ImportInput input = ImportInput.open(in);
        EventLogWriter writer = EventLogWriter.open(out);
        var sorter = new EventSorter(folder == null ? out : folder)) {
      var output = new ImportOutput(sorter, settings, rows, progress);
      read(input.path(), output);
      rows.check(in.toString());
      if (output.behaviour() == 0) {
        throw new IOException(in + ": nothing was read that a user did; name the right file");
      }
      var times = new TimesWritten();
      sorter.drain((key, line) -> {
        writer.write(line);
        if (key.user() != ImportOutput.NOBODY) {
          times.add(key);
        }
      });
      writer.commit();
      return output.summary(times);
    }
  }
}
