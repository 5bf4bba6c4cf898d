// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the log has from where to where, in a file of its own: without it nobody could tell that its
 * first or last lines are gone. It is written after the lines, and may be a second behind.
 *
 * @param first the number of the oldest line that the rotation has left
 * @param last the number of the newest line; {@code first - 1} if there is none yet
 * @param hash of that line
 */
record AuditHead(long first, long last, String hash) {

  static final String NAME = "head";
  private static final long MAX_BYTES = 1024;
  private static final JsonMapper JSON = Json.mapper().build();

  /** The head of a log; null if there is none that can be read. */
  static @Nullable AuditHead read(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    if (Files.notExists(file) || Files.size(file) > MAX_BYTES) {
      return null;
    }
    try {
      AuditHead head = JSON.readValue(file.toFile(), AuditHead.class);
      return head == null || head.hash == null ? null : head;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  void write(Path directory) throws IOException {
    DurableFile.writePrivate(directory.resolve(NAME), JSON.writeValueAsString(this) + "\n");
  }
}
