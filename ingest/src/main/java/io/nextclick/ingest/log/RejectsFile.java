// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** The rows that a command refused, one line of JSON each. */
final class RejectsFile implements Closeable {

  private static final JsonFactory JSON = new JsonFactory();

  private final Path path;
  private final EventLogWriter writer;
  private boolean closed;

  RejectsFile(Path path) throws IOException {
    this.path = path;
    this.writer = EventLogWriter.open(path);
  }

  void write(String source, long line, String reason, String row) throws IOException {
    var bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("source", source);
      json.writeNumberField("line", line);
      json.writeStringField("reason", reason);
      json.writeStringField("row", row);
      json.writeEndObject();
    }
    writer.write(bytes.toByteArray());
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      try (writer) {
        writer.commit();
      }
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
