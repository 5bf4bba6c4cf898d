// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers across restarts which store took the place of the configured one. It counts while the
 * configuration names the same store as it did then.
 */
public final class StorePointer {

  private static final Logger LOG = LoggerFactory.getLogger(StorePointer.class);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path configured;
  private final Path file;

  /**
   * @param configured the store of the configuration
   */
  public StorePointer(Path configured) {
    this.configured = configured.toAbsolutePath().normalize();
    this.file = this.configured.resolveSibling("serving-store.json");
  }

  private record Content(String configured, String serving) {}

  /**
   * The store to serve from: the configured one, or its successor.
   *
   * @throws IOException if a successor was named and is not there, or the file cannot be read
   */
  public Path serving() throws IOException {
    if (!Files.exists(file)) {
      return configured;
    }
    Content content;
    try {
      content = JSON.readValue(file.toFile(), Content.class);
    } catch (JsonProcessingException e) {
      throw new IOException(file + " names no store: " + e.getOriginalMessage(), e);
    }
    if (!content.configured().equals(configured.toString())) {
      LOG.warn("{} speaks of {}, which is not configured; it is left aside", file, content);
      return configured;
    }
    Path serving = Path.of(content.serving());
    if (!Files.isDirectory(serving)) {
      throw new IOException(
          "%s: the store %s took the place of %s, but is not there; remove the file to go back"
              .formatted(file, serving, configured));
    }
    LOG.info("Serving from {}, which took the place of {}", serving, configured);
    return serving;
  }

  /** Whether that is the configured store. */
  public boolean isConfigured(Path serving) {
    return serving.equals(configured);
  }

  /** The configured store serves again. */
  public void forget() throws IOException {
    Files.deleteIfExists(file);
  }

  /** Names a successor: all of it or nothing, on the disk when this returns. */
  void keep(Path serving) throws IOException {
    Content content = new Content(configured.toString(), serving.toAbsolutePath().toString());
    WholeFile.write(file, JSON.writeValueAsBytes(content));
  }
}
