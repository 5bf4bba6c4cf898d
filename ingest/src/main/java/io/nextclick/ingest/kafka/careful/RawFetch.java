// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import io.nextclick.ingest.kafka.client.ClientProperties;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientRequest;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.DefaultHostResolver;
import org.apache.kafka.clients.KafkaClient;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.NetworkClientUtils;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.LogContext;

/**
 * Asks the leader of a partition for its batches as they lie in the log. The consumer of Kafka's
 * client gives only what it has decompressed, in memory without a bound.
 */
final class RawFetch implements AutoCloseable {

  /** Bytes of one answer; a batch that is larger comes whole. */
  static final int MAX_BYTES = 1 << 20;

  private static final int TIMEOUT_MILLIS = 5_000;

  private final Metrics metrics = new Metrics();
  private final KafkaClient client;

  RawFetch(KafkaSettings settings) {
    ConsumerConfig config = new ConsumerConfig(ClientProperties.consumer(settings, null));
    client =
        ClientUtils.createNetworkClient(
            config,
            config.getList(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG),
            "nextclick-careful",
            metrics,
            "careful",
            new LogContext(),
            new ApiVersions(),
            Time.SYSTEM,
            1,
            TIMEOUT_MILLIS,
            null,
            new ManualMetadataUpdater(),
            new DefaultHostResolver(),
            null,
            null);
  }

  /**
   * The batches from the one on that holds {@code offset}; none at the end of the log.
   *
   * @throws org.apache.kafka.common.KafkaException what the broker says, or that it is away
   */
  FetchResponseData.PartitionData fetch(
      TopicPartition partition, String topicId, Node leader, long offset) {
    Uuid id = Uuid.fromString(topicId);
    var wanted = new FetchRequest.PartitionData(id, offset, -1, MAX_BYTES, Optional.empty());
    FetchRequest.Builder request =
        FetchRequest.Builder.forConsumer(
                ApiKeys.FETCH.latestVersion(), 0, 0, Map.of(partition, wanted))
            .isolationLevel(IsolationLevel.READ_COMMITTED)
            .setMaxBytes(MAX_BYTES);
    ClientResponse answer = send(leader, request);
    if (!(answer.responseBody() instanceof FetchResponse response)) {
      throw new DisconnectException(leader + " gave no answer");
    }
    throwIf(response.error());
    short version = answer.requestHeader().apiVersion();
    var found = response.responseData(Map.of(id, partition.topic()), version).get(partition);
    if (found == null) {
      throw new DisconnectException("the answer does not speak of " + partition);
    }
    throwIf(Errors.forCode(found.errorCode()));
    return found;
  }

  private ClientResponse send(Node leader, FetchRequest.Builder request) {
    try {
      if (!NetworkClientUtils.awaitReady(client, leader, Time.SYSTEM, TIMEOUT_MILLIS)) {
        throw new DisconnectException(leader + " does not answer");
      }
      long now = System.currentTimeMillis();
      ClientRequest sent =
          client.newClientRequest(leader.idString(), request, now, true, TIMEOUT_MILLIS, null);
      return NetworkClientUtils.sendAndReceive(client, sent, Time.SYSTEM);
    } catch (IOException e) {
      throw new DisconnectException(leader + ": " + e.getMessage(), e);
    }
  }

  private static void throwIf(Errors error) {
    if (error != Errors.NONE) {
      throw error.exception();
    }
  }

  @Override
  public void close() {
    try (client;
        metrics) {
      // both are closed
    } catch (IOException e) {
      throw new DisconnectException("closing", e);
    }
  }
}
