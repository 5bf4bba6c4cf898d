// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what was routed by a call across restarts. Whoever spoke last is heard: the file also says
 * over which configured plan the call went, and counts no longer when the configuration changes.
 */
public final class RoutingFile {

  private static final Logger LOG = LoggerFactory.getLogger(RoutingFile.class);
  private static final long MAX_BYTES = 64 << 10;

  private static final JsonMapper JSON = Json.mapper().build();

  private final Path file;
  private final RoutingPlan configured;

  /**
   * @param configured the plan of the configuration file
   */
  public RoutingFile(Path file, RoutingPlan configured) {
    this.file = file;
    this.configured = configured;
  }

  private record Content(RoutingPlan configured, RoutingPlan routed) {}

  /** The plan of the configuration file. */
  public RoutingPlan configured() {
    return configured;
  }

  /** The plan of the last call; null if there was none since the configuration changed. */
  @Nullable RoutingPlan routed() throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException(file + " is longer than a plan can be");
      }
      Content content = JSON.readValue(file.toFile(), Content.class);
      if (content.configured().equals(configured)) {
        return content.routed();
      }
      LOG.warn("The configured models have changed since {} was written; it is left aside", file);
      return null;
    } catch (JsonProcessingException e) {
      LOG.error("{} is no plan and is left aside: {}", file, e.getOriginalMessage());
      return null;
    }
  }

  /** Writes a plan: all of it or nothing. */
  void keep(RoutingPlan routed) throws IOException {
    Files.createDirectories(file.toAbsolutePath().resolveSibling(""));
    DurableFile.write(file, JSON.writeValueAsBytes(new Content(configured, routed)));
  }
}
