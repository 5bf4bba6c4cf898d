// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.ingest.kafka.KafkaSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A single-node broker inside this process, with its log on disk. */
public final class EmbeddedLog implements LogSource {

  private final Path directory;
  private final int port;
  private final Function<String, KafkaSettings> settings;
  private @Nullable EmbeddedBroker broker;

  /**
   * @param port for clients; 0 takes a free one
   * @param settings from the bootstrap servers
   */
  public EmbeddedLog(Path directory, int port, Function<String, KafkaSettings> settings) {
    this.directory = directory;
    this.port = port;
    this.settings = settings;
  }

  @Override
  public synchronized KafkaSettings open() throws IOException {
    EmbeddedBroker started;
    try {
      started = EmbeddedBroker.start(directory, port);
    } catch (NoClassDefFoundError e) {
      throw new IOException(
          "The embedded broker is not on the class path: start with ./nextclick, or set"
              + " kafka.servers to a cluster",
          e);
    }
    broker = started;
    return settings.apply(started.bootstrapServers());
  }

  @Override
  public synchronized void close() {
    if (broker != null) {
      broker.close();
      broker = null;
    }
  }
}
