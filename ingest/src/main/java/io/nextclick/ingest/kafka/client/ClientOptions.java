// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which properties of Kafka's clients can be set from outside: none that decides over loss and
 * duplicates, nor any that names a class or a login module, since such a name runs code.
 */
final class ClientOptions {

  /** Login by user and password; {@code sasl.jaas.config} is made from the two. */
  static final String SASL_USERNAME = "sasl.username";

  static final String SASL_PASSWORD = "sasl.password";

  private static final Set<String> ALLOWED =
      Set.of(
          SASL_USERNAME,
          SASL_PASSWORD,
          "sasl.mechanism",
          "security.protocol",
          "ssl.truststore.location",
          "ssl.truststore.password",
          "ssl.truststore.type",
          "ssl.keystore.location",
          "ssl.keystore.password",
          "ssl.keystore.type",
          "ssl.key.password",
          "client.id",
          "client.rack",
          "client.dns.lookup",
          "request.timeout.ms",
          "default.api.timeout.ms",
          "metadata.max.age.ms",
          "reconnect.backoff.ms",
          "reconnect.backoff.max.ms",
          "retry.backoff.ms",
          "connections.max.idle.ms",
          "group.protocol",
          "group.instance.id",
          "session.timeout.ms",
          "heartbeat.interval.ms",
          "max.poll.interval.ms",
          "fetch.max.wait.ms",
          "fetch.min.bytes",
          "linger.ms",
          "batch.size",
          "buffer.memory",
          "compression.type",
          "delivery.timeout.ms",
          "max.block.ms");

  private ClientOptions() {}

  static void requireAllowed(Map<String, String> client) {
    Set<String> refused = new TreeSet<>(client.keySet());
    refused.removeAll(ALLOWED);
    if (!refused.isEmpty()) {
      throw new IllegalArgumentException(
          "kafka.client: " + refused + " may not be set; allowed are " + new TreeSet<>(ALLOWED));
    }
  }
}
