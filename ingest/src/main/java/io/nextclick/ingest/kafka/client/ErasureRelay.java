// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.SourceRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Passes an erase request on to the partitions of its topic that it did not reach. A producer puts
 * it into the partition that the key has now; a topic that grew keeps the user's older events in
 * another one, whose log must tell of the erasure too, or its state would not be the fold of it.
 *
 * <p>A header says how many partitions have the request, so that no copy is passed on again.
 */
public final class ErasureRelay implements AutoCloseable {

  private static final long ACKNOWLEDGE_SECONDS = 10;

  private final Admin admin;
  private final KafkaSettings settings;
  private @Nullable EventPublisher publisher; // made when it is needed

  public ErasureRelay(Admin admin, KafkaSettings settings) {
    this.admin = admin;
    this.settings = settings;
  }

  /**
   * Returns when all copies are acknowledged.
   *
   * @param records of the partition, from the first one that nobody has passed on before
   * @throws KafkaException if the broker does not take one, now
   */
  public void pass(
      TopicPartition partition,
      List<ConsumerRecord<byte[], byte[]>> records,
      List<SourceRecord> decoded) {
    List<CompletableFuture<?>> copies = new ArrayList<>();
    int partitions = 0;
    for (int i = 0; i < records.size(); i++) {
      if (decoded.get(i).decoded() instanceof Event event && event.kind() == Event.Kind.ERASE) {
        partitions = partitions == 0 ? partitions(partition.topic()) : partitions;
        int reached = EventPublisher.partitionsReached(records.get(i).headers());
        if (reached < partitions) {
          copies.addAll(
              publisher().publishCopies(event, reached, partitions, partition.partition()));
        }
      }
    }
    copies.forEach(ErasureRelay::await);
  }

  private EventPublisher publisher() {
    EventPublisher open = publisher;
    if (open == null) {
      open = EventPublisher.of(settings);
      publisher = open;
    }
    return open;
  }

  private int partitions(String topic) {
    TopicDescription now = Topics.describe(admin, List.of(topic)).get(topic);
    return now == null ? 0 : now.partitions().size();
  }

  private static void await(CompletableFuture<?> copy) {
    try {
      copy.get(ACKNOWLEDGE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new TimeoutException("an erase request was not acknowledged in time", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException known
          ? known
          : new TimeoutException("an erase request could not be passed on", e.getCause());
    }
  }

  @Override
  public void close() {
    if (publisher != null) {
      publisher.close();
    }
  }
}
