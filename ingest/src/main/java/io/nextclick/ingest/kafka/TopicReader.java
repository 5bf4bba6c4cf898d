// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.ingest.kafka.careful.CarefulPartitions;
import io.nextclick.ingest.kafka.careful.CarefulReader;
import io.nextclick.ingest.kafka.careful.PollBudget;
import io.nextclick.ingest.kafka.careful.PollJournal;
import io.nextclick.ingest.kafka.careful.ReadGuard;
import io.nextclick.ingest.kafka.client.ClientProperties;
import io.nextclick.ingest.kafka.client.ErasureRelay;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.RecordDecoder;
import io.nextclick.ingest.kafka.client.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;
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
final class TopicReader implements CarefulPartitions.Owner, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CAREFUL_POLL = Duration.ofMillis(10);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long STANDS_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final int MAX_FAILURES = 3;

  private final String topic;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final PollBudget budget;
  private final PollJournal journal;
  private final AssignedPartitions assigned = new AssignedPartitions();
  private final CarefulPartitions careful;
  private final TopicFold fold;
  private final TopicAssignment assignment;
  private final TopicAdmission admission;
  private long nextLook = System.nanoTime();
  private int failures; // of Kafka's consumer, since anything was read
  private boolean held;
  private GroupMembershipOperation onClose = GroupMembershipOperation.DEFAULT;

  private TopicReader(
      String topic,
      KafkaConsumer<byte[], byte[]> consumer,
      PollBudget budget,
      SequenceStore store,
      TopicFold.Target target,
      ReadGuard guard,
      @Nullable Share share) {
    this.topic = topic;
    this.consumer = consumer;
    this.budget = budget;
    this.journal = guard.journal();
    this.careful = new CarefulPartitions(guard, this);
    this.fold = new TopicFold(assigned, careful, guard.skipped(), target);
    this.assignment = new TopicAssignment(consumer, store, assigned, careful, share);
    this.admission = new TopicAdmission(consumer, store, assigned, careful, fold);
  }

  /** Reads this process's share of the events topic. */
  static TopicReader ofEvents(
      KafkaSettings settings,
      SequenceStore store,
      GuardedStore guarded,
      ErasureRelay relay,
      ReadGuard guard,
      GroupMember member,
      Share share) {
    PollBudget budget = new PollBudget(settings.maxFetchBytes());
    TopicReader reader =
        new TopicReader(
            settings.eventsTopic(),
            consumer(ClientProperties.member(settings, member.name()), budget),
            budget,
            store,
            new TopicFold.Target(
                RecordDecoder.ofEvents(store.settings().times(), store.settings().mapping()),
                guarded,
                relay),
            guard,
            share);
    reader.consumer.subscribe(List.of(settings.eventsTopic()), reader.assignment);
    return reader;
  }

  /** Reads all of the items topic, whatever the group: every process ranks the whole catalogue. */
  static TopicReader ofItems(
      KafkaSettings settings, SequenceStore store, GuardedStore guarded, ReadGuard guard) {
    PollBudget budget = new PollBudget(settings.maxFetchBytes());
    return new TopicReader(
        settings.itemsTopic(),
        consumer(ClientProperties.consumer(settings, null), budget),
        budget,
        store,
        new TopicFold.Target(RecordDecoder.ofItems(store.settings().times()), guarded, null),
        guard,
        null);
  }

  private static KafkaConsumer<byte[], byte[]> consumer(
      Map<String, Object> properties, PollBudget budget) {
    return new KafkaConsumer<>(properties, budget.deserializer(), budget.deserializer());
  }

  String topic() {
    return topic;
  }

  /** The partitions of the topic that are this process's. */
  AssignedPartitions assigned() {
    return assigned;
  }

  /** Whether the group has said which partitions are ours; for a topic that is subscribed to. */
  boolean isSettled() {
    return assignment.isSettled();
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
    assignment.takeAll(description);
  }

  /** Takes all partitions of a topic that is not subscribed to. */
  void assignAll(TopicDescription description) {
    assignment.takeAll(description);
  }

  /** Pauses all partitions, or lets them go on. */
  void hold(boolean hold) {
    held = hold;
  }

  /** Compares newly assigned partitions with the log, and starts or stops each. */
  void admit(Admin admin) {
    admission.admit(admin, journal.diedReading());
  }

  /** Stops the partitions of a topic that was deleted and re-created since they were admitted. */
  void compareTopicId(TopicDescription description) {
    admission.compareTopicId(description);
  }

  /**
   * Reads what there is, waiting at most {@code timeout} for it, and folds it.
   *
   * @return the number of records
   */
  int poll(Duration timeout) {
    suspectWhatStands();
    int read = held ? 0 : careful.read();
    pauseWhatMayNotBeRead();
    try {
      journal.polling();
      return read + pollAll(careful.isEmpty() ? timeout : CAREFUL_POLL);
    } catch (OffsetOutOfRangeException e) {
      // To be compared with the log again: that says why, such as a topic that was re-created.
      e.partitions().forEach(this::outOfRange);
    } catch (RetriableException | AuthenticationException | AuthorizationException e) {
      throw e;
    } catch (InterruptException | FencedInstanceIdException | UnreleasedInstanceIdException e) {
      throw e;
    } catch (KafkaException e) {
      beCareful(e);
    } finally {
      journal.done();
    }
    return read;
  }

  /** At some damage Kafka's consumer asks again and again, and says nothing. */
  private void suspectWhatStands() {
    long now = System.nanoTime();
    if (now - nextLook < 0) {
      return;
    }
    nextLook = now + LOOK_NANOS;
    assigned.forEach((partition, a) -> {
      boolean mayMove =
          !held
              && a.readable()
              && !careful.has(partition)
              && consumer.currentLag(partition).orElse(0) > 0;
      if (!mayMove) {
        a.progress = now;
      } else if (now - a.progress > STANDS_NANOS && connections() > 0) {
        a.progress = now;
        LOG.warn("{} does not move at offset {}: it is read by itself", partition, a.nextOffset);
        careful.add(partition, String.valueOf(a.topicId), a.nextOffset);
      }
    });
  }

  /** Kafka's consumer does not always say which partition it failed at. */
  private void beCareful(KafkaException why) {
    failures++;
    if (failures > MAX_FAILURES) {
      throw why; // it is none of the partitions
    }
    LOG.warn("Cannot read {}: {}; each partition is read by itself", topic, why.toString());
    assigned.forEach((partition, a) -> {
      if (a.topicId != null && a.failure == null && !careful.has(partition)) {
        careful.add(partition, a.topicId, a.nextOffset);
      }
    });
  }

  private ConsumerRecords<byte[], byte[]> pollWithinMemory(Duration timeout) {
    budget.renew();
    try {
      return consumer.poll(timeout);
    } catch (OutOfMemoryError e) {
      throw new KafkaException("a record does not fit into memory", e);
    }
  }

  private int pollAll(Duration timeout) {
    ConsumerRecords<byte[], byte[]> polled = pollWithinMemory(timeout);
    KafkaException refused = null;
    for (Map.Entry<TopicPartition, OffsetAndMetadata> read : polled.nextOffsets().entrySet()) {
      TopicPartition partition = read.getKey();
      try {
        foldWhatFits(partition, polled.records(partition), read.getValue());
      } catch (KafkaException e) {
        refused = e;
        AssignedPartition a = assigned.get(partition);
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

  /** What the poll had no bytes left for is read carefully: that keeps its place in a batch. */
  private void foldWhatFits(
      TopicPartition partition,
      List<ConsumerRecord<byte[], byte[]>> records,
      OffsetAndMetadata next) {
    int fits = 0;
    while (fits < records.size() && PollBudget.isWhole(records.get(fits))) {
      fits++;
    }
    if (fits == records.size()) {
      fold(partition, records, next);
      return;
    }
    long rest = records.get(fits).offset();
    fold(
        partition,
        records.subList(0, fits),
        new OffsetAndMetadata(rest, records.get(fits).leaderEpoch(), ""));
    AssignedPartition a = assigned.get(partition);
    if (a != null && a.topicId != null && a.failure == null) {
      careful.add(partition, a.topicId, a.nextOffset);
    }
  }

  @Override
  public void outOfRange(TopicPartition partition) {
    AssignedPartition a = assigned.get(partition);
    if (a != null) {
      a.topicId = null;
    }
    careful.remove(partition);
  }

  @Override
  public void resume(TopicPartition partition, OffsetAndMetadata next) {
    if (assigned.has(partition)) {
      consumer.seek(partition, next);
    }
  }

  @Override
  public void damaged(TopicPartition partition, CarefulReader.Damage damage) {
    failures = 0;
    fold.damaged(partition, damage);
  }

  /**
   * Passes over offsets for good, at an operator's word.
   *
   * @throws IOException if that cannot be; the message says why
   */
  void skip(SourcePartition partition, long from, long to) throws IOException {
    fold.skip(partition, from, to, of -> consumer.endOffsets(List.of(of), TIMEOUT).get(of));
  }

  private void pauseWhatMayNotBeRead() {
    if (assigned.isEmpty()) {
      return;
    }
    List<TopicPartition> mayRead = new ArrayList<>();
    List<TopicPartition> mayNot = new ArrayList<>();
    assigned.forEach((partition, a) ->
        (!held && a.readable() && !careful.has(partition) ? mayRead : mayNot).add(partition));
    consumer.resume(mayRead);
    consumer.pause(mayNot);
  }

  @Override
  public long fold(
      TopicPartition partition,
      List<ConsumerRecord<byte[], byte[]>> records,
      OffsetAndMetadata next) {
    if (fold.takes(partition, next)) {
      failures = 0;
    }
    return fold.fold(partition, records, next);
  }

  /** Tells the broker how far we are: a gauge for its tools, never our position. */
  void commitProgress() {
    consumer.commitAsync(
        assigned.progress(),
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

  /**
   * Under which conditions the group may give our partitions to others now, rather than when it has
   * missed us for the time of its session.
   */
  void leaveOnClose(boolean leave) {
    onClose = leave ? GroupMembershipOperation.LEAVE_GROUP : GroupMembershipOperation.DEFAULT;
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(TIMEOUT).withGroupMembershipOperation(onClose));
  }
}
