// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.item.CatalogFullException;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
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
final class TopicReader
    implements ConsumerRebalanceListener, CarefulPartitions.Owner, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CAREFUL_POLL = Duration.ofMillis(10);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long STANDS_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final int MAX_FAILURES = 3;
  private static final int SKIPPED_AT_ONCE = 1_000;

  /** What we know of one assigned partition. */
  static final class Assigned {
    final ReadUpTo upTo = new ReadUpTo();
    boolean trusted; // nobody else can have folded further than we did
    @Nullable String topicId; // null until admitted
    @Nullable String lastTopicId; // stays when it is to be admitted again
    long nextOffset;
    int leaderEpoch = -1; // of the last record
    long relayFrom; // erase requests below were passed on before
    @Nullable String failure;
    long progress = System.nanoTime(); // the last time that it moved, or had nowhere to move
    boolean damaged; // and so it can be told to pass over what is damaged

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
  private final @Nullable Share share;
  private final PollBudget budget;
  private final ReadGuard guard;
  private final CarefulPartitions careful;
  private long nextLook = System.nanoTime();
  private int failures; // of Kafka's consumer, since anything was read
  private final Map<TopicPartition, Assigned> assigned = new HashMap<>();
  private boolean settled;
  private boolean held;
  private GroupMembershipOperation onClose = GroupMembershipOperation.DEFAULT;

  private TopicReader(
      String topic,
      KafkaConsumer<byte[], byte[]> consumer,
      RecordDecoder decoder,
      SequenceStore store,
      GuardedStore guarded,
      @Nullable ErasureRelay relay,
      PollBudget budget,
      ReadGuard guard,
      @Nullable Share share) {
    this.topic = topic;
    this.consumer = consumer;
    this.decoder = decoder;
    this.store = store;
    this.guarded = guarded;
    this.relay = relay;
    this.budget = budget;
    this.guard = guard;
    this.careful = new CarefulPartitions(guard, this);
    this.share = share;
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
            RecordDecoder.ofEvents(store.settings().times(), store.settings().mapping()),
            store,
            guarded,
            relay,
            budget,
            guard,
            share);
    reader.consumer.subscribe(List.of(settings.eventsTopic()), reader);
    return reader;
  }

  /** Reads all of the items topic, whatever the group: every process ranks the whole catalogue. */
  static TopicReader ofItems(
      KafkaSettings settings, SequenceStore store, GuardedStore guarded, ReadGuard guard) {
    PollBudget budget = new PollBudget(settings.maxFetchBytes());
    return new TopicReader(
        settings.itemsTopic(),
        consumer(ClientProperties.consumer(settings, null), budget),
        RecordDecoder.ofItems(store.settings().times()),
        store,
        guarded,
        null,
        budget,
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
    a.lastTopicId = start.topicId();
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
    if (guard.journal().diedReading()) {
      careful.add(partition, start.topicId(), start.offset());
    }
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
    suspectWhatStands();
    int read = held ? 0 : careful.read();
    pauseWhatMayNotBeRead();
    try {
      guard.journal().polling();
      return read + pollAll(careful.isEmpty() ? timeout : CAREFUL_POLL);
    } catch (OffsetOutOfRangeException e) {
      // To be compared with the log again: that says why, such as a topic that was made again.
      e.partitions().forEach(this::outOfRange);
    } catch (RetriableException | AuthenticationException | AuthorizationException e) {
      throw e;
    } catch (InterruptException | FencedInstanceIdException | UnreleasedInstanceIdException e) {
      throw e;
    } catch (KafkaException e) {
      beCareful(e);
    } finally {
      guard.journal().done();
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
    Assigned a = assigned.get(partition);
    if (a != null && a.topicId != null && a.failure == null) {
      careful.add(partition, a.topicId, a.nextOffset);
    }
  }

  @Override
  public void outOfRange(TopicPartition partition) {
    Assigned a = assigned.get(partition);
    if (a != null) {
      a.topicId = null;
    }
    careful.remove(partition);
  }

  @Override
  public void resume(TopicPartition partition, OffsetAndMetadata next) {
    if (assigned.containsKey(partition)) {
      consumer.seek(partition, next);
    }
  }

  @Override
  public void damaged(TopicPartition partition, CarefulReader.Damage damage) {
    Assigned a = assigned.get(partition);
    if (a == null || a.topicId == null || a.failure != null) {
      return;
    }
    failures = 0;
    fold(partition, List.of(), new OffsetAndMetadata(damage.from()));
    SkippedOffsets.Range skip = guard.skipped().from(source(partition), a.topicId, a.nextOffset);
    if (skip != null && skip.from() <= a.nextOffset) {
      passOver(partition, a, skip);
      return;
    }
    a.damaged = true;
    stop(
        partition,
        "offset %d cannot be read: %s; mend the log, or let go what is damaged: POST /tasks/skip?partition=%s&from=%d&to=%s"
            .formatted(
                damage.from(),
                damage.why(),
                source(partition),
                a.nextOffset,
                damage.to() < 0 ? "LAST" : damage.to()));
  }

  /**
   * Passes over offsets for good, at an operator's word.
   *
   * @throws IOException if that cannot be; the message says why
   */
  void skip(SourcePartition partition, long from, long to) throws IOException {
    TopicPartition of = kafka(partition);
    Assigned a = assigned.get(of);
    if (a == null) {
      throw new IOException("this process does not read " + partition);
    }
    if (!a.damaged || a.topicId == null) {
      throw new IOException(partition + " is not stopped by damage: nothing need be skipped");
    }
    if (from != a.nextOffset) {
      throw new IOException("%s stands at offset %d".formatted(partition, a.nextOffset));
    }
    Long end = consumer.endOffsets(List.of(of), TIMEOUT).get(of);
    if (end == null || to >= end) {
      throw new IOException("the log of %s ends at offset %s".formatted(partition, end));
    }
    SkippedOffsets.Range range = new SkippedOffsets.Range(partition, a.topicId, from, to);
    guard.skipped().add(range);
    LOG.warn("An operator lets offsets {} to {} of {} go", from, to, partition);
    a.failure = null;
    a.damaged = false;
    passOver(of, a, range);
  }

  private void passOver(TopicPartition partition, Assigned a, SkippedOffsets.Range range) {
    String topicId = a.topicId;
    while (topicId != null && a.nextOffset <= range.to() && a.failure == null) {
      List<SourceRecord> part = range.records(a.nextOffset, SKIPPED_AT_ONCE);
      store(partition, a, a.leaderEpoch, part.getLast().offset() + 1, part);
    }
    if (topicId != null && a.failure == null) {
      careful.add(partition, topicId, a.nextOffset); // what comes next may be damaged too
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
                    entry -> !held && entry.getValue().readable() && !careful.has(entry.getKey()),
                    Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
    consumer.resume(mayRead.getOrDefault(true, List.of()));
    consumer.pause(mayRead.getOrDefault(false, List.of()));
  }

  @Override
  public long fold(
      TopicPartition partition,
      List<ConsumerRecord<byte[], byte[]>> records,
      OffsetAndMetadata next) {
    Assigned a = assigned.get(partition);
    if (a == null || a.failure != null || next.offset() <= a.nextOffset) {
      return next.offset();
    }
    if (a.topicId == null) {
      return a.nextOffset; // not compared with the log yet: these come again
    }
    failures = 0;
    SkippedOffsets.Range skip = guard.skipped().from(source(partition), a.topicId, a.nextOffset);
    if (skip == null || skip.from() >= next.offset()) {
      foldAll(partition, a, records, next);
    } else {
      long until = Math.max(skip.from(), a.nextOffset);
      foldAll(
          partition,
          a,
          records.stream().filter(record -> record.offset() < until).toList(),
          new OffsetAndMetadata(until, next.leaderEpoch(), ""));
      passOver(partition, a, skip);
    }
    return a.nextOffset;
  }

  private void foldAll(
      TopicPartition partition,
      Assigned a,
      List<ConsumerRecord<byte[], byte[]>> records,
      OffsetAndMetadata next) {
    if (next.offset() <= a.nextOffset) {
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
    store(partition, a, epoch, next.offset(), decoded);
  }

  private void store(
      TopicPartition partition, Assigned a, int epoch, long next, List<SourceRecord> decoded) {
    try {
      String topicId = String.valueOf(a.topicId);
      guarded.apply(new SourceBatch(source(partition), topicId, epoch, next, decoded));
      a.nextOffset = next;
      a.progress = System.nanoTime();
      a.leaderEpoch = Math.max(a.leaderEpoch, epoch);
    } catch (CatalogFullException e) {
      if (decoded.size() > 1) {
        storeWhatFits(partition, a, epoch, next, decoded);
      } else {
        stop(partition, String.valueOf(e.getMessage()));
      }
    } catch (RuntimeException e) {
      LOG.error("Cannot store {} at offset {}", partition, a.nextOffset, e);
      stop(
          partition,
          "the store failed at offset %d: %s: if that stays after a restart, fold the log into a new store (nextclick backfill), or restore a checkpoint"
              .formatted(a.nextOffset, e.getMessage()));
    }
  }

  private void storeWhatFits(
      TopicPartition partition, Assigned a, int epoch, long next, List<SourceRecord> records) {
    for (int i = 0; i < records.size() && a.failure == null; i++) {
      boolean last = i == records.size() - 1;
      long behind = last ? next : records.get(i + 1).offset();
      store(partition, a, epoch, behind, List.of(records.get(i)));
    }
  }

  private void stop(TopicPartition partition, String reason) {
    Assigned a = assigned.get(partition);
    if (a != null && a.failure == null) {
      a.failure = reason;
      careful.remove(partition);
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
                entry.getValue().readable()
                    ? entry.getValue().upTo.lag(entry.getValue().nextOffset)
                    : -1,
                entry.getValue().upTo.moment(),
                entry.getValue().failure))
        .toList();
  }

  int assignedCount() {
    return assigned.size();
  }

  /** Adds the partitions that are read, for the question where they end. */
  void addReadable(Map<TopicPartition, LogEnds.Asked> partitions) {
    assigned.forEach((partition, a) -> {
      if (a.readable()) {
        partitions.put(partition, new LogEnds.Asked(a, a.nextOffset));
      }
    });
  }

  /** Adds up to when each partition has been folded. */
  void addReadUpTo(Map<SourcePartition, Ownership.UpTo> read) {
    assigned.forEach((partition, a) -> {
      if (a.topicId != null) {
        a.upTo.folded(a.nextOffset);
      }
      read.put(source(partition), new Ownership.UpTo(a.upTo.moment(), a.trusted));
    });
  }

  /** What was known of the ends of the partitions no longer counts. */
  void forgetMoments() {
    assigned.values().forEach(a -> a.upTo.forget());
  }

  /** The broker is asked later, in {@link #admit}: a callback that fails would fail the group. */
  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    Map<SourcePartition, PartitionState> stored = store.partitions();
    partitions.forEach(careful::remove); // each begins anew, from what is stored
    for (TopicPartition partition : partitions) {
      PartitionState state = stored.get(source(partition));
      Assigned a = new Assigned();
      a.nextOffset = state == null ? 0 : state.nextOffset();
      a.trusted = share == null || share.isAlone();
      assigned.put(partition, a);
      consumer.seek(partition, a.nextOffset);
    }
    consumer.pause(partitions);
    settled = true;
    if (share != null) {
      share.assigned();
    }
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    settled = false; // until the group has shared out anew
    takeAway(partitions);
  }

  private void takeAway(Collection<TopicPartition> partitions) {
    partitions.forEach(careful::remove);
    Set<String> topicIds = new HashSet<>();
    for (TopicPartition partition : partitions) {
      Assigned a = assigned.remove(partition);
      if (a != null && a.lastTopicId != null) {
        topicIds.add(a.lastTopicId);
      }
    }
    if (share != null) {
      share.takenAway(topicIds);
    }
  }

  /** They may have another owner already: nothing is committed. */
  @Override
  public void onPartitionsLost(Collection<TopicPartition> partitions) {
    LOG.warn("Lost {}: this process was silent for too long", partitions);
    settled = false;
    takeAway(partitions);
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

  static SourcePartition source(TopicPartition partition) {
    return new SourcePartition(partition.topic(), partition.partition());
  }

  private static TopicPartition kafka(SourcePartition partition) {
    return new TopicPartition(partition.topic(), partition.partition());
  }
}
