// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** One real broker in this JVM for all test classes, started when first asked for. */
public final class TestBroker implements BeforeAllCallback {

  private static final AtomicInteger NAMES = new AtomicInteger();

  private String bootstrapServers = "";

  private record Running(EmbeddedBroker broker, Path directory) implements AutoCloseable {
    static Running start() {
      try {
        Path directory = Files.createTempDirectory("nextclick-broker");
        return new Running(EmbeddedBroker.start(directory, 0), directory);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      broker.close();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    bootstrapServers =
        context
            .getRoot()
            .getStore(Namespace.GLOBAL)
            .computeIfAbsent(Running.class, key -> Running.start(), Running.class)
            .broker()
            .bootstrapServers();
  }

  /** Settings with topics and a group that nobody else uses. */
  public KafkaSettings freshSettings() {
    return fresh(bootstrapServers);
  }

  static KafkaSettings fresh(String bootstrapServers) {
    String name = "t" + NAMES.incrementAndGet();
    return KafkaSettings.of(bootstrapServers)
        .withTopics(name + "-events", name + "-items", name + "-dead-letters")
        .withGroupId(name + "-group")
        .withClient(Map.of("session.timeout.ms", "6000", "metadata.max.age.ms", "1000"));
  }

  public Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrapServers));
  }
}
