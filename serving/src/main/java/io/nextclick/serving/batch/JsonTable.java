// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.ingest.log.LineReader;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.StrictJson;
import java.io.IOException;
import java.nio.file.Path;

/** One JSON object per line. */
final class JsonTable implements UserTable {

  private static final int MAX_LINE_BYTES = 64 << 20;

  private final StrictJson<UserTable.Cells> json = new StrictJson<>(UserTable.Cells.class);

  @Override
  public void read(Path file, UserTable.Fields fields, UserTable.Progress progress)
      throws IOException {
    try (LineReader lines = LineReader.open(file, MAX_LINE_BYTES)) {
      for (LineReader.Line line = lines.nextWithText(); line != null; line = lines.nextWithText()) {
        if (line.length() > MAX_LINE_BYTES) {
          fields.refuse(
              line.number(), "%d bytes, at most %d".formatted(line.length(), MAX_LINE_BYTES));
        } else {
          read(line, fields);
        }
        progress.at((double) lines.bytesRead() / Math.max(1, lines.size()));
      }
    }
  }

  private void read(LineReader.Line line, UserTable.Fields fields) throws IOException {
    UserTable.Cells row;
    try {
      row = json.read(line.value());
    } catch (ProblemException e) {
      fields.refuse(line.number(), String.valueOf(e.getMessage()));
      return;
    }
    fields.accept(line.number(), row);
  }
}
