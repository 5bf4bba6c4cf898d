// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.SourcePartition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * Sends events to Kafka: each to its topic, under its key. Safe for any thread.
 *
 * <p>The client's buffer is bounded (32 MiB). When it is full, or the broker is away, a send waits
 * for 10 s and then fails; an event that is not acknowledged within 30 s fails. {@code
 * kafka.client} can set {@code buffer.memory}, {@code max.block.ms} and {@code
 * delivery.timeout.ms}.
 */
public final class EventPublisher implements AutoCloseable {

  /** Where an acknowledged event is. */
  public record Published(SourcePartition partition, long offset) {}

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private final KafkaSettings settings;
  private final Producer<byte[], byte[]> producer;

  private EventPublisher(KafkaSettings settings, Producer<byte[], byte[]> producer) {
    this.settings = settings;
    this.producer = producer;
  }

  /** Makes a publisher; the broker need not be there yet. */
  public static EventPublisher of(KafkaSettings settings) {
    return new EventPublisher(settings, new KafkaProducer<>(ClientProperties.producer(settings)));
  }

  /**
   * Makes a publisher whose topics exist: those that are missing are made, if the settings say so.
   *
   * @throws IOException if the broker does not answer, or topics are missing
   */
  public static EventPublisher open(KafkaSettings settings) throws IOException {
    try (Admin admin = Admin.create(ClientProperties.admin(settings))) {
      if (settings.createTopics()) {
        Topics.createMissing(admin, settings);
      }
      Set<String> missing = Topics.missing(admin, settings);
      if (!missing.isEmpty()) {
        throw new IOException("topics " + missing + " do not exist: create them first");
      }
    } catch (KafkaException e) {
      throw new IOException(
          "No answer from Kafka at %s: %s".formatted(settings.bootstrapServers(), e.getMessage()),
          e);
    }
    return of(settings);
  }

  /**
   * Sends one event; the answer comes when all in-sync replicas have it, on the client's network
   * thread, which must not be kept waiting.
   */
  public CompletableFuture<Published> publish(Event event) {
    CompletableFuture<Published> answer = new CompletableFuture<>();
    try {
      var _ =
          producer.send(
              new ProducerRecord<>(topic(event), key(event), EventJson.encode(event)),
              (metadata, error) -> {
                if (error != null) {
                  answer.completeExceptionally(error);
                } else {
                  var partition = new SourcePartition(metadata.topic(), metadata.partition());
                  answer.complete(new Published(partition, metadata.offset()));
                }
              });
    } catch (KafkaException e) {
      answer.completeExceptionally(e);
    }
    return answer;
  }

  /** Waits until every event sent before has been acknowledged or has failed. */
  public void flush() {
    producer.flush();
  }

  @Override
  public void close() {
    producer.close(CLOSE_TIMEOUT);
  }

  private String topic(Event event) {
    return event.kind() == Event.Kind.ITEM ? settings.itemsTopic() : settings.eventsTopic();
  }

  private static byte[] key(Event event) {
    return event.key().getBytes(StandardCharsets.UTF_8);
  }
}
