// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.ingest.log.RecordFile;
import io.nextclick.ingest.table.Row;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records of JSON, one per line or as one array.
 *
 * @param mapping how they become events; null if they are events
 */
public record JsonImporter(@Nullable EventMapping mapping) implements Importer {

  @Override
  public void read(Path in, ImportOutput output) throws IOException {
    Path file = ImportInput.onlyFile(in);
    String name = String.valueOf(file.getFileName());
    RecordFile.read(
        file,
        mapping,
        output.times(),
        (number, value, decoded) -> {
          Row row = new Row(name, number, new String(value, StandardCharsets.UTF_8), List.of());
          switch (decoded) {
            case Event event -> output.write(row, event);
            // Without places, so that the same fault is counted as one.
            case RejectedEvent(var reason, var detail) ->
                output.refuse(
                    row, reason.label() + ": " + detail.replaceAll(" at character \\d+", ""));
          }
        });
  }
}
