// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that say which cluster and topics to use. */
public final class KafkaOptions {

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT",
      defaultValue = "localhost:9092",
      description = "Kafka brokers, separated by commas. Default: ${DEFAULT-VALUE}.")
  private String bootstrapServers = "";

  @Option(
      names = "--events-topic",
      paramLabel = "TOPIC",
      defaultValue = "nextclick-events",
      description = "Default: ${DEFAULT-VALUE}.")
  private String eventsTopic = "";

  @Option(
      names = "--items-topic",
      paramLabel = "TOPIC",
      defaultValue = "nextclick-items",
      description = "Default: ${DEFAULT-VALUE}.")
  private String itemsTopic = "";

  @Option(
      names = "--dead-letter-topic",
      paramLabel = "TOPIC",
      defaultValue = "nextclick-dead-letters",
      description = "Default: ${DEFAULT-VALUE}.")
  private String deadLetterTopic = "";

  @Option(
      names = "--client",
      paramLabel = "NAME=VALUE",
      description = "Such as security.protocol=SASL_SSL: a property of the Kafka clients.")
  private Map<String, String> client = Map.of();

  public KafkaSettings settings() throws CommandFailed {
    try {
      return KafkaSettings.of(bootstrapServers)
          .withTopics(eventsTopic, itemsTopic, deadLetterTopic)
          .withClient(client);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }
}
