// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import io.nextclick.ingest.kafka.careful.CarefulReader.Cursor;
import io.nextclick.ingest.kafka.careful.CarefulReader.Damage;
import io.nextclick.ingest.kafka.careful.CarefulReader.Found;
import io.nextclick.ingest.kafka.careful.CarefulReader.Records;
import io.nextclick.ingest.kafka.client.PartitionNames;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The partitions of one topic that are read carefully for a while, each by itself. */
public final class CarefulPartitions {

  private static final Logger LOG = LoggerFactory.getLogger(CarefulPartitions.class);
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ReadGuard guard;
  private final Owner owner;
  private final Map<TopicPartition, Place> places = new HashMap<>();

  /** Takes what is read. */
  public interface Owner {

    /**
     * Folds records.
     *
     * @return where to read on: {@code next}, if all of them are folded
     * @throws KafkaException if they are to come again
     */
    long fold(
        TopicPartition partition,
        List<ConsumerRecord<byte[], byte[]>> records,
        OffsetAndMetadata next);

    /** Kafka's consumer may go on there. */
    void resume(TopicPartition partition, OffsetAndMetadata next);

    /** Nothing can be read from there on. */
    void damaged(TopicPartition partition, Damage damage);

    /** The offset does not exist any more. */
    void outOfRange(TopicPartition partition);
  }

  private static final class Place {
    final String topicId;
    Cursor cursor;
    long again = System.nanoTime();

    Place(String topicId, Cursor cursor) {
      this.topicId = topicId;
      this.cursor = cursor;
    }
  }

  public CarefulPartitions(ReadGuard guard, Owner owner) {
    this.guard = guard;
    this.owner = owner;
  }

  public boolean isEmpty() {
    return places.isEmpty();
  }

  public boolean has(TopicPartition partition) {
    return places.containsKey(partition);
  }

  /** Reads a partition carefully from now on, or from another offset. */
  public void add(TopicPartition partition, String topicId, long offset) {
    remove(partition);
    places.put(partition, new Place(topicId, guard.reader().open(partition, topicId, offset)));
  }

  public void remove(TopicPartition partition) {
    Place left = places.remove(partition);
    if (left != null) {
      left.cursor.close();
    }
  }

  /**
   * Reads a part of each.
   *
   * @return the number of records
   */
  public int read() {
    int records = 0;
    for (Map.Entry<TopicPartition, Place> entry : List.copyOf(places.entrySet())) {
      // Batches may be small: a round of the whole reading for each of them would take too long.
      long end = System.nanoTime() + TURN_NANOS;
      while (places.get(entry.getKey()) == entry.getValue()
          && System.nanoTime() - entry.getValue().again >= 0
          && System.nanoTime() - end < 0) {
        records += read(entry.getKey(), entry.getValue());
      }
    }
    return records;
  }

  private int read(TopicPartition partition, Place place) {
    long offset = place.cursor.position();
    int deaths = guard.journal().deathsAt(PartitionNames.source(partition), offset);
    if (deaths >= ReadGuard.MAX_DEATHS) {
      remove(partition);
      String why = "the process died of it %d times in a row".formatted(deaths);
      owner.damaged(partition, new Damage(offset, -1, why));
      return 0;
    }
    try {
      return switch (look(partition, place.cursor)) {
        case Records found -> take(partition, place, found);
        case Damage damage -> {
          remove(partition);
          owner.damaged(partition, damage);
          yield 0;
        }
      };
    } catch (OffsetOutOfRangeException e) {
      remove(partition);
      owner.outOfRange(partition);
    } catch (AuthenticationException | AuthorizationException e) {
      again(partition, place, offset);
      throw e;
    } catch (KafkaException e) {
      LOG.warn("Cannot read {} at offset {} now: {}", partition, offset, e.toString());
      again(partition, place, offset);
      // The others would most likely wait for the same broker, each for as long.
      places.values().forEach(other -> other.again = place.again);
    }
    return 0;
  }

  /**
   * Only what takes memory is written down: who is killed while it waits died of something else.
   */
  private Found look(TopicPartition partition, Cursor cursor) {
    if (!cursor.isInBatch()) {
      return cursor.next();
    }
    guard.journal().reading(PartitionNames.source(partition), cursor.position());
    try {
      return cursor.next();
    } finally {
      guard.journal().done();
    }
  }

  private int take(TopicPartition partition, Place place, Records found) {
    long reached = owner.fold(partition, found.records(), found.next());
    if (places.get(partition) == place) {
      if (reached != found.next().offset()) {
        add(partition, place.topicId, reached);
      } else if (found.isLast()) {
        remove(partition);
        owner.resume(partition, found.next());
      }
    }
    return found.records().size();
  }

  private void again(TopicPartition partition, Place place, long offset) {
    if (places.get(partition) == place) {
      place.cursor.close();
      place.cursor = guard.reader().open(partition, place.topicId, offset);
      place.again = System.nanoTime() + AGAIN_NANOS;
    }
  }
}
