// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the partitions of one topic that belong to this process, and folds them into the store. For
 * one thread.
 *
 * <p>A partition that is assigned stays paused until {@link #admit} has compared what is stored
 * with the log. One that cannot be read is stopped with a reason; the others go on.
 */
final class TopicReader implements ConsumerRebalanceListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** What we know of one assigned partition. */
  private static final class Assigned {
    @Nullable String topicId; // null until admitted
    long nextOffset;
    int leaderEpoch = -1; // of the last record
    long relayFrom; // erase requests below were passed on before
    @Nullable String failure;

    boolean readable() {
      return topicId != null && failure == null;
    }
  }

  private final String topic;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final RecordDecoder decoder;
  private final SequenceStore store;
  private final GuardedStore guarded;
  private final @Nullable ErasureRelay relay;
  private final Map<TopicPartition, Assigned> assigned = new HashMap<>();
  private boolean settled;
  private boolean held;

  private TopicReader(
      String topic,
      KafkaConsumer<byte[], byte[]> consumer,
      RecordDecoder decoder,
      SequenceStore store,
      GuardedStore guarded,
      @Nullable ErasureRelay relay) {
    this.topic = topic;
    this.consumer = consumer;
    this.decoder = decoder;
    this.store = store;
    this.guarded = guarded;
    this.relay = relay;
  }

  /** Reads this process's share of the events topic. */
  static TopicReader ofEvents(
      KafkaSettings settings, SequenceStore store, GuardedStore guarded, ErasureRelay relay) {
    TopicReader reader =
        new TopicReader(
            settings.eventsTopic(),
            new KafkaConsumer<>(ClientProperties.consumer(settings, settings.groupId())),
            RecordDecoder.ofEvents(store.settings().times(), store.settings().mapping()),
            store,
            guarded,
            relay);
    reader.consumer.subscribe(List.of(settings.eventsTopic()), reader);
    return reader;
  }

  /** Reads all of the items topic, whatever the group: every process ranks the whole catalogue. */
  static TopicReader ofItems(KafkaSettings settings, SequenceStore store, GuardedStore guarded) {
    return new TopicReader(
        settings.itemsTopic(),
        new KafkaConsumer<>(ClientProperties.consumer(settings, null)),
        RecordDecoder.ofItems(store.settings().times()),
        store,
        guarded,
        null);
  }

  String topic() {
    return topic;
  }

  /** Whether there is anything to poll; for a topic that is not subscribed to. */
  boolean isAssigned() {
    return !assigned.isEmpty();
  }

  boolean isAssigned(TopicPartition partition) {
    return assigned.containsKey(partition);
  }

  /** Whether the group has said which partitions are ours; for a topic that is subscribed to. */
  boolean isSettled() {
    return settled;
  }

  /** Our name in the group. */
  String memberId() {
    return consumer.groupMetadata().memberId();
  }

  /**
   * Takes all partitions that the topic has now.
   *
   * @throws UnknownTopicOrPartitionException if there is no such topic
   */
  void assignAll(Admin admin) {
    TopicDescription description = Topics.describe(admin, List.of(topic)).get(topic);
    if (description == null) {
      throw new UnknownTopicOrPartitionException("the topic " + topic + " cannot be seen");
    }
    assignAll(description);
  }

  /** Takes all partitions of a topic that is not subscribed to. */
  void assignAll(TopicDescription description) {
    List<TopicPartition> all =
        description.partitions().stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    List<TopicPartition> added =
        all.stream().filter(partition -> !assigned.containsKey(partition)).toList();
    if (!added.isEmpty()) {
      consumer.assign(all);
      onPartitionsAssigned(added);
    }
  }

  /** Pauses all partitions, or lets them go on. */
  void hold(boolean hold) {
    held = hold;
  }

  /** Compares newly assigned partitions with the log, and starts or stops each. */
  void admit(Admin admin) {
    List<TopicPartition> waiting =
        assigned.entrySet().stream()
            .filter(entry -> entry.getValue().topicId == null)
            .map(Map.Entry::getKey)
            .toList();
    if (waiting.isEmpty()) {
      return;
    }
    Map<TopicPartition, PartitionState> stored = new HashMap<>();
    store.partitions().forEach((source, state) -> stored.put(kafka(source), state));
    Map<TopicPartition, StartPosition> starts = StartPosition.of(waiting, stored, admin, consumer);
    Map<TopicPartition, Long> relayed = relay == null ? Map.of() : relayed(starts.keySet());
    starts.forEach(
        (partition, start) -> admit(partition, start, relayed.getOrDefault(partition, 0L)));
  }

  /**
   * Up to where erase requests have been passed on: as far as the group has read before, whatever
   * became of the store; all that is there, when it has not. An old request that was passed on late
   * would erase what a user who came back did since.
   */
  private Map<TopicPartition, Long> relayed(Set<TopicPartition> partitions) {
    Map<TopicPartition, Long> relayed = new HashMap<>(consumer.endOffsets(partitions, TIMEOUT));
    consumer
        .committed(partitions, TIMEOUT)
        .forEach((partition, read) -> {
          if (read != null) {
            relayed.put(partition, read.offset());
          }
        });
    return relayed;
  }

  private void admit(TopicPartition partition, StartPosition start, long relayFrom) {
    Assigned a = assigned.get(partition);
    if (a == null) {
      return;
    }
    a.topicId = start.topicId();
    a.nextOffset = start.offset();
    a.leaderEpoch = start.leaderEpoch();
    a.relayFrom = relayFrom;
    if (start.refusal() != null) {
      stop(partition, start.refusal());
      return;
    }
    Optional<Integer> epoch =
        start.leaderEpoch() < 0 ? Optional.empty() : Optional.of(start.leaderEpoch());
    consumer.seek(partition, new OffsetAndMetadata(start.offset(), epoch, ""));
    LOG.info("Reading {} from offset {}", partition, start.offset());
  }

  /** Stops the partitions of a topic that was deleted and made again since they were admitted. */
  void compareTopicId(TopicDescription description) {
    String now = description.topicId().toString();
    assigned.forEach((partition, a) -> {
      if (a.topicId != null && !a.topicId.equals(now)) {
        stop(partition, "the topic was deleted and made again: its id is now " + now);
      }
    });
  }

  /**
   * Reads what there is, waiting at most {@code timeout} for it, and folds it.
   *
   * @return the number of records
   */
  int poll(Duration timeout) {
    pauseWhatMayNotBeRead();
    ConsumerRecords<byte[], byte[]> polled;
    try {
      polled = consumer.poll(timeout);
    } catch (OffsetOutOfRangeException e) {
      // To be compared with the log again: that says why, such as a topic that was made again.
      e.partitions().forEach(this::forgetAdmission);
      return 0;
    }
    KafkaException refused = null;
    for (Map.Entry<TopicPartition, OffsetAndMetadata> read : polled.nextOffsets().entrySet()) {
      TopicPartition partition = read.getKey();
      try {
        fold(partition, polled.records(partition), read.getValue());
      } catch (KafkaException e) {
        refused = e;
        Assigned a = assigned.get(partition);
        if (a != null) {
          consumer.seek(partition, a.nextOffset); // these come again
        }
      }
    }
    if (refused != null) {
      throw refused;
    }
    return polled.count();
  }

  private void forgetAdmission(TopicPartition partition) {
    Assigned a = assigned.get(partition);
    if (a != null) {
      a.topicId = null;
    }
  }

  private void pauseWhatMayNotBeRead() {
    if (assigned.isEmpty()) {
      return;
    }
    Map<Boolean, List<TopicPartition>> mayRead =
        assigned.entrySet().stream()
            .collect(
                Collectors.partitioningBy(
                    entry -> !held && entry.getValue().readable(),
                    Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
    consumer.resume(mayRead.getOrDefault(true, List.of()));
    consumer.pause(mayRead.getOrDefault(false, List.of()));
  }

  private void fold(
      TopicPartition partition,
      List<ConsumerRecord<byte[], byte[]>> records,
      OffsetAndMetadata next) {
    Assigned a = assigned.get(partition);
    if (a == null || a.topicId == null || a.failure != null || next.offset() <= a.nextOffset) {
      return;
    }
    int epoch = next.leaderEpoch().orElse(-1);
    if (epoch >= 0 && epoch < a.leaderEpoch) {
      stop(
          partition,
          "the log is another one: its leader epoch went back from %d to %d"
              .formatted(a.leaderEpoch, epoch));
      return;
    }
    // Clients have handed out records twice after a seek (KAFKA-17448).
    List<ConsumerRecord<byte[], byte[]>> fresh =
        records.stream().filter(record -> record.offset() >= a.nextOffset).toList();
    List<SourceRecord> decoded = new ArrayList<>(fresh.size());
    fresh.forEach(record -> decoded.add(decoder.decode(record)));
    if (relay != null) {
      int old = (int) fresh.stream().takeWhile(record -> record.offset() < a.relayFrom).count();
      relay.pass(partition, fresh.subList(old, fresh.size()), decoded.subList(old, decoded.size()));
    }
    try {
      guarded.apply(new SourceBatch(source(partition), a.topicId, epoch, next.offset(), decoded));
      a.nextOffset = next.offset();
      a.leaderEpoch = Math.max(a.leaderEpoch, epoch);
    } catch (RuntimeException e) {
      LOG.error("Cannot store {} at offset {}", partition, a.nextOffset, e);
      stop(
          partition,
          "the store failed at offset %d: %s: if that stays after a restart, fold the log into a new store (nextclick backfill), or restore a checkpoint"
              .formatted(a.nextOffset, e.getMessage()));
    }
  }

  private void stop(TopicPartition partition, String reason) {
    Assigned a = assigned.get(partition);
    if (a != null && a.failure == null) {
      a.failure = reason;
      LOG.error("Stopped reading {}: {}", partition, reason);
    }
  }

  /** Tells the broker how far we are: a gauge for its tools, never our position. */
  void commitProgress() {
    Map<TopicPartition, OffsetAndMetadata> progress = new HashMap<>();
    assigned.forEach((partition, a) -> {
      if (a.readable()) {
        progress.put(partition, new OffsetAndMetadata(a.nextOffset));
      }
    });
    consumer.commitAsync(
        progress,
        (offsets, error) -> {
          if (error != null) {
            LOG.debug("The broker did not take the progress of {}: {}", topic, error.toString());
          }
        });
  }

  /** Open connections to brokers. */
  int connections() {
    return consumer.metrics().entrySet().stream()
        .filter(metric -> metric.getKey().name().equals("connection-count"))
        .mapToInt(metric -> ((Number) metric.getValue().metricValue()).intValue())
        .sum();
  }

  List<IngestStatus.Partition> partitions() {
    return assigned.entrySet().stream()
        .map(entry ->
            new IngestStatus.Partition(
                source(entry.getKey()),
                entry.getValue().nextOffset,
                entry.getValue().readable() ? consumer.currentLag(entry.getKey()).orElse(-1) : -1,
                entry.getValue().failure))
        .toList();
  }

  /** The broker is asked later, in {@link #admit}: a callback that fails would fail the group. */
  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    Map<SourcePartition, PartitionState> stored = store.partitions();
    for (TopicPartition partition : partitions) {
      PartitionState state = stored.get(source(partition));
      Assigned a = new Assigned();
      a.nextOffset = state == null ? 0 : state.nextOffset();
      assigned.put(partition, a);
      consumer.seek(partition, a.nextOffset);
    }
    consumer.pause(partitions);
    settled = true;
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    settled = false; // until the group has shared out anew
    assigned.keySet().removeAll(Set.copyOf(partitions));
  }

  /** They may have another owner already: nothing is committed. */
  @Override
  public void onPartitionsLost(Collection<TopicPartition> partitions) {
    LOG.warn("Lost {}: this process was silent for too long", partitions);
    settled = false;
    assigned.keySet().removeAll(Set.copyOf(partitions));
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(TIMEOUT));
  }

  static SourcePartition source(TopicPartition partition) {
    return new SourcePartition(partition.topic(), partition.partition());
  }

  private static TopicPartition kafka(SourcePartition partition) {
    return new TopicPartition(partition.topic(), partition.partition());
  }
}
