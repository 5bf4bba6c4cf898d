// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.EventPublisher.Published;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends events to Kafka for clients that wait for the answer. */
final class LogProducer {

  private static final Logger LOG = LoggerFactory.getLogger(LogProducer.class);
  private static final long ACKNOWLEDGE_MILLIS = 10_000;

  /** A client that waits for an answer gets one within seconds; {@code kafka.client} may differ. */
  private static final Map<String, String> PROMPT =
      Map.of("max.block.ms", "3000", "request.timeout.ms", "5000", "delivery.timeout.ms", "8000");

  private final EventPublisher publisher;
  private final InstantSource clock;
  private volatile @Nullable String refusal; // until Kafka takes events again

  LogProducer(KafkaSettings settings, InstantSource clock) {
    Map<String, String> client = new HashMap<>(PROMPT);
    client.putAll(settings.client());
    this.publisher = EventPublisher.of(settings.withClient(client));
    this.clock = clock;
  }

  /**
   * Sends events and waits until Kafka has acknowledged all of them.
   *
   * @return where each one is
   * @throws LogUnavailableException if Kafka does not in time
   */
  List<Published> publish(List<Event> events) {
    List<CompletableFuture<Published>> answers = new ArrayList<>(events.size());
    for (Event event : events) {
      CompletableFuture<Published> answer = publisher.publish(event);
      answers.add(answer);
      if (answer.isCompletedExceptionally()) {
        break; // the buffer is full or the broker away: the others would wait as long
      }
    }
    try {
      CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
          .get(ACKNOWLEDGE_MILLIS, TimeUnit.MILLISECONDS);
      refusal = null;
    } catch (ExecutionException e) {
      LOG.warn("Kafka did not acknowledge: {}", String.valueOf(e.getCause()));
      throw refused(e.getCause());
    } catch (TimeoutException e) {
      throw LogUnavailableException.away("the broker did not acknowledge in time");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw LogUnavailableException.away("the service is stopping");
    }
    return answers.stream().map(CompletableFuture::join).toList();
  }

  private LogUnavailableException refused(@Nullable Throwable failure) {
    String reason = EventPublisher.refusal(failure, clock.instant());
    if (reason == null) {
      return LogUnavailableException.away("the broker did not acknowledge");
    }
    if (!EventPublisher.isOfOneEvent(failure)) {
      refusal = reason;
    }
    return LogUnavailableException.refused(reason);
  }

  /** Why Kafka, which is there, did not take the last events; null once it has taken some. */
  @Nullable String refusal() {
    return refusal;
  }

  void close() {
    publisher.close();
  }
}
