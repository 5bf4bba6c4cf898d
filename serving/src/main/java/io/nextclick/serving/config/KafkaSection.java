// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import static io.nextclick.serving.config.Bounds.GIB;
import static io.nextclick.serving.config.Bounds.KIB;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.DataSize;
import io.dropwizard.validation.DataSizeRange;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.serving.state.EmbeddedLog;
import io.nextclick.serving.state.LogSource;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where events come from. {@code kafka: embedded} is short for {@code kafka.servers}. */
public final class KafkaSection {
  static final String EMBEDDED = "embedded";
  static final String NONE = "none";

  @NotEmpty @JsonProperty String servers = EMBEDDED;
  @NotNull @JsonProperty Path directory = Path.of("data", "kafka");

  @Min(0)
  @Max(65_535)
  @JsonProperty
  int port = 9092;

  @NotEmpty @JsonProperty String eventsTopic = "nextclick-events";
  @NotEmpty @JsonProperty String itemsTopic = "nextclick-items";
  @NotEmpty @JsonProperty String deadLetterTopic = "nextclick-dead-letters";
  @NotEmpty @JsonProperty String groupId = "nextclick";
  @JsonProperty boolean createTopics = true;

  @Min(1)
  @Max(10_000)
  @JsonProperty
  int partitions = 6;

  @Min(-1)
  @Max(100)
  @JsonProperty
  int replicationFactor = -1;

  @Min(1)
  @Max(100_000)
  @JsonProperty
  int maxPollRecords = 1_000;

  @NotNull
  @DataSizeRange(min = KIB, max = GIB, message = "must be from 1KiB to 1GiB")
  @JsonProperty
  DataSize maxFetch = DataSize.mebibytes(32);

  @DecimalMin("0")
  @DecimalMax("1")
  @JsonProperty
  double maxRefused = 0.05;

  @NotNull @JsonProperty Map<String, String> client = Map.of();

  KafkaSection() {}

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static KafkaSection of(String servers) {
    KafkaSection kafka = new KafkaSection();
    kafka.servers = servers;
    return kafka;
  }

  /** The cluster, or null for a service without one. */
  public @Nullable LogSource source() {
    settings(servers); // refuses what no client takes
    return switch (servers) {
      case NONE -> null;
      case EMBEDDED -> new EmbeddedLog(directory, port, this::settings);
      default -> LogSource.of(settings(servers));
    };
  }

  /** Where the catalogue comes from. */
  public String itemsTopic() {
    return itemsTopic;
  }

  /** From which part of refused records on, 0 to 1, the service is not healthy. */
  public double maxRefused() {
    return maxRefused;
  }

  private KafkaSettings settings(String bootstrapServers) {
    return new KafkaSettings(
        bootstrapServers,
        eventsTopic,
        itemsTopic,
        deadLetterTopic,
        groupId,
        client,
        maxPollRecords,
        Math.toIntExact(maxFetch.toBytes()),
        createTopics,
        partitions,
        (short) replicationFactor);
  }
}
