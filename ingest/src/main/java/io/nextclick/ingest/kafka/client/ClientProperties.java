// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The effective properties of our Kafka clients.
 *
 * <p>What decides over loss and duplicates is fixed here; {@link ClientOptions} says what can be
 * set from outside.
 */
public final class ClientProperties {

  /** Partitions that were added are read, and written to, after so long; Kafka's own is 5 min. */
  private static final int METADATA_AGE_MILLIS = 2_000;

  /** Bytes of one partition that wait in memory, as they lie in the log. */
  private static final int PARTITION_FETCH_BYTES = 1 << 20;

  private ClientProperties() {}

  /** A consumer that resets nothing, commits nothing by itself and sees committed records only. */
  public static Map<String, Object> consumer(KafkaSettings settings, @Nullable String groupId) {
    Map<String, Object> p = common(settings, ConsumerConfig.configNames());
    if (groupId == null) {
      p.keySet().removeIf(name -> name.startsWith("group."));
    } else {
      p.put(ConsumerConfig.GROUP_ID_CONFIG, groupId);
    }
    if (isClassic(settings)) {
      // The default of 45 s is how long the partitions of a killed process would lie idle.
      p.putIfAbsent(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    }
    p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    p.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    p.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    p.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    p.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, settings.maxPollRecords());
    p.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, settings.maxFetchBytes());
    p.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, PARTITION_FETCH_BYTES);
    p.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    p.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return p;
  }

  /**
   * The consumer of a group that shares out the partitions: with the classic protocol, one that
   * gets its own back at once after a kill, and keeps those that stay its own while others move.
   *
   * @param name of this store in the group, unless {@code kafka.client} has one
   */
  public static Map<String, Object> member(KafkaSettings settings, String name) {
    Map<String, Object> p = consumer(settings, settings.groupId());
    if (isClassic(settings)) {
      p.putIfAbsent(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, name);
      p.put(
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
          List.of(CooperativeStickyAssignor.class));
    }
    return p;
  }

  /**
   * Of the newer protocol the broker assigns, and a name that was killed is refused for a while.
   */
  private static boolean isClassic(KafkaSettings settings) {
    return !"consumer".equalsIgnoreCase(settings.client().get("group.protocol"));
  }

  /** A producer that a retry does not make write twice. */
  public static Map<String, Object> producer(KafkaSettings settings) {
    Map<String, Object> p = new HashMap<>();
    p.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    p.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    p.put(ProducerConfig.BATCH_SIZE_CONFIG, 64 << 10);
    p.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    p.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    p.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    p.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 32L << 20);
    p.putAll(common(settings, ProducerConfig.configNames()));
    p.put(ProducerConfig.ACKS_CONFIG, "all");
    p.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // With more than one, a partition whose leader is new can take the second batch of a producer
    // and refuse the first for ever (KAFKA-14359): events out of order, then 30 s of retries.
    p.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    p.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.MAX_RECORD_BYTES);
    p.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    p.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    return p;
  }

  public static Map<String, Object> admin(KafkaSettings settings) {
    Map<String, Object> p = new HashMap<>();
    p.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
    p.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    p.putAll(common(settings, AdminClientConfig.configNames()));
    return p;
  }

  private static Map<String, Object> common(KafkaSettings settings, Set<String> known) {
    Map<String, Object> p = new HashMap<>(settings.client());
    String user = settings.client().get(ClientOptions.SASL_USERNAME);
    String password = settings.client().get(ClientOptions.SASL_PASSWORD);
    if (user != null && password != null) {
      p.put("sasl.jaas.config", login(settings.client().get("sasl.mechanism"), user, password));
    }
    p.putIfAbsent("metadata.max.age.ms", METADATA_AGE_MILLIS);
    p.put("bootstrap.servers", settings.bootstrapServers());
    p.keySet().retainAll(known);
    return p;
  }

  private static String login(@Nullable String mechanism, String user, String password) {
    String module =
        "PLAIN".equals(mechanism)
            ? "org.apache.kafka.common.security.plain.PlainLoginModule"
            : "org.apache.kafka.common.security.scram.ScramLoginModule";
    return "%s required username=%s password=%s;".formatted(module, quote(user), quote(password));
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
