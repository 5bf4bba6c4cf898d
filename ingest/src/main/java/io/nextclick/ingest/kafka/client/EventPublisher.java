// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.SourcePartition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Sends events to Kafka: each to its topic, under its key. Safe for any thread.
 *
 * <p>The client's buffer is bounded (32 MiB). When it is full, or the broker is away, a send waits
 * for 10 s and then fails; an event that is not acknowledged within 30 s fails. {@code
 * kafka.client} can set {@code buffer.memory}, {@code max.block.ms} and {@code
 * delivery.timeout.ms}.
 */
public final class EventPublisher implements AutoCloseable {

  /** A record in the log. */
  public record Place(SourcePartition partition, long offset) {}

  /**
   * Where an acknowledged event is.
   *
   * @param places the first is in the partition of its key; only an erase request has more
   */
  public record Published(List<Place> places) {

    public Published {
      places = List.copyOf(places);
    }

    /** The partition of the event's key. */
    public SourcePartition partition() {
      return places.getFirst().partition();
    }

    /** Its offset in the partition of its key. */
    public long offset() {
      return places.getFirst().offset();
    }
  }

  private static final String PARTITIONS_REACHED = "nextclick-partitions-reached";

  private static final byte[] NO_BYTES = {};
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
   *
   * <p>An erase request goes to every partition of the topic: a topic that grew keeps a user's
   * older events in another partition, and each partition's ledger must know.
   */
  public CompletableFuture<Published> publish(Event event) {
    try {
      return event.kind() == Event.Kind.ERASE ? sendEverywhere(event) : send(event, null, 0);
    } catch (KafkaException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<Published> sendEverywhere(Event event) {
    int partitions = producer.partitionsFor(topic(event)).size();
    int own = Utils.toPositive(Utils.murmur2(key(event))) % partitions;
    List<CompletableFuture<Published>> answers = publishCopies(event, 0, partitions, -1);
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(done -> {
          List<Place> copies = new ArrayList<>();
          answers.forEach(answer -> copies.addAll(answer.join().places()));
          Place first = copies.remove(own);
          copies.addFirst(first);
          return new Published(copies);
        });
  }

  /**
   * Sends an erase request to the partitions {@code from} (inclusive) to {@code to} (exclusive),
   * but for one.
   */
  List<CompletableFuture<Published>> publishCopies(Event erase, int from, int to, int except) {
    List<CompletableFuture<Published>> answers = new ArrayList<>(to - from);
    for (int partition = from; partition < to; partition++) {
      if (partition != except) {
        answers.add(send(erase, partition, to));
      }
    }
    return answers;
  }

  /** The partitions, from 0 on, that have this erase request; 0 when its producer did not say. */
  static int partitionsReached(Headers headers) {
    Header header = headers.lastHeader(PARTITIONS_REACHED);
    return header == null || header.value() == null || header.value().length != Integer.BYTES
        ? 0
        : ByteBuffer.wrap(header.value()).getInt();
  }

  /** Sends to a partition, or, with null, to the one that the key gives. */
  private CompletableFuture<Published> send(
      Event event, @Nullable Integer partition, int partitionsReached) {
    CompletableFuture<Published> answer = new CompletableFuture<>();
    var record = new ProducerRecord<>(topic(event), partition, key(event), EventJson.encode(event));
    record.headers().add(RecordDecoder.HEADER, NO_BYTES);
    if (partitionsReached > 0) {
      byte[] value = ByteBuffer.allocate(Integer.BYTES).putInt(partitionsReached).array();
      record.headers().add(PARTITIONS_REACHED, value);
    }
    var _ =
        producer.send(
            record,
            (metadata, error) -> {
              if (error != null) {
                answer.completeExceptionally(error);
              } else {
                var place = new SourcePartition(metadata.topic(), metadata.partition());
                answer.complete(new Published(List.of(new Place(place, metadata.offset()))));
              }
            });
    return answer;
  }

  /**
   * Why a broker that is there did not take an event, in words; null where it may be away.
   *
   * @param now by this process's clock
   */
  public static @Nullable String refusal(@Nullable Throwable failure, Instant now) {
    return switch (failure) {
      case InvalidTimestampException e ->
          "Kafka refuses the time that this service's clock gives, %s: put the clocks right, or set message.timestamp.type=LogAppendTime of the topic"
              .formatted(now);
      case RetriableException e -> null;
      case KafkaException e -> "Kafka refuses the events: " + e.getMessage();
      case null, default -> null;
    };
  }

  /** Whether a refusal concerns one event, and others may be taken. */
  public static boolean isOfOneEvent(@Nullable Throwable failure) {
    return failure instanceof RecordTooLargeException;
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
