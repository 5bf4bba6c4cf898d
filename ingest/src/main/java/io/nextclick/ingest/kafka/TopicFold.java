// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.item.CatalogFullException;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.kafka.careful.CarefulPartitions;
import io.nextclick.ingest.kafka.careful.CarefulReader;
import io.nextclick.ingest.kafka.careful.SkippedOffsets;
import io.nextclick.ingest.kafka.client.ErasureRelay;
import io.nextclick.ingest.kafka.client.PartitionNames;
import io.nextclick.ingest.kafka.client.RecordDecoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folds what is read of one topic into the store. A partition that cannot be folded further is
 * stopped with a reason; offsets that an operator has let go are passed over. For one thread.
 */
final class TopicFold {

  private static final Logger LOG = LoggerFactory.getLogger(TopicFold.class);
  private static final int SKIPPED_AT_ONCE = 1_000;

  private final AssignedPartitions assigned;
  private final CarefulPartitions careful;
  private final SkippedOffsets skipped;
  private final Target target;

  /**
   * Where records go.
   *
   * @param relay erase requests are passed on to, if there is one
   */
  record Target(RecordDecoder decoder, GuardedStore store, @Nullable ErasureRelay relay) {}

  TopicFold(
      AssignedPartitions assigned,
      CarefulPartitions careful,
      SkippedOffsets skipped,
      Target target) {
    this.assigned = assigned;
    this.careful = careful;
    this.skipped = skipped;
    this.target = target;
  }

  /** Whether erase requests are passed on. */
  boolean relays() {
    return target.relay != null;
  }

  /** Whether records up to {@code next} would be folded, or stop their partition. */
  boolean takes(TopicPartition partition, OffsetAndMetadata next) {
    AssignedPartition a = assigned.get(partition);
    return a != null && a.readable() && next.offset() > a.nextOffset;
  }

  /** As {@link CarefulPartitions.Owner#fold}. */
  long fold(
      TopicPartition partition,
      List<ConsumerRecord<byte[], byte[]>> records,
      OffsetAndMetadata next) {
    AssignedPartition a = assigned.get(partition);
    if (a == null || a.failure != null || next.offset() <= a.nextOffset) {
      return next.offset();
    }
    if (a.topicId == null) {
      return a.nextOffset; // not compared with the log yet: these come again
    }
    SkippedOffsets.Range skip =
        skipped.from(PartitionNames.source(partition), a.topicId, a.nextOffset);
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
      AssignedPartition a,
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
    fresh.forEach(record -> decoded.add(target.decoder.decode(record)));
    if (target.relay != null) {
      int old = (int) fresh.stream().takeWhile(record -> record.offset() < a.relayFrom).count();
      target.relay.pass(
          partition, fresh.subList(old, fresh.size()), decoded.subList(old, decoded.size()));
    }
    store(partition, a, epoch, next.offset(), decoded);
  }

  private void store(
      TopicPartition partition,
      AssignedPartition a,
      int epoch,
      long next,
      List<SourceRecord> decoded) {
    try {
      String topicId = String.valueOf(a.topicId);
      target.store.apply(
          new SourceBatch(PartitionNames.source(partition), topicId, epoch, next, decoded));
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
      TopicPartition partition,
      AssignedPartition a,
      int epoch,
      long next,
      List<SourceRecord> records) {
    for (int i = 0; i < records.size() && a.failure == null; i++) {
      boolean last = i == records.size() - 1;
      long behind = last ? next : records.get(i + 1).offset();
      store(partition, a, epoch, behind, List.of(records.get(i)));
    }
  }

  /** Stops a partition, and says why. */
  void stop(TopicPartition partition, String reason) {
    AssignedPartition a = assigned.get(partition);
    if (a != null && a.failure == null) {
      a.failure = reason;
      careful.remove(partition);
      LOG.error("Stopped reading {}: {}", partition, reason);
    }
  }

  /** Passes over what cannot be read, if an operator has let it go; else stops the partition. */
  void damaged(TopicPartition partition, CarefulReader.Damage damage) {
    AssignedPartition a = assigned.get(partition);
    if (a == null || a.topicId == null || a.failure != null) {
      return;
    }
    fold(partition, List.of(), new OffsetAndMetadata(damage.from()));
    SourcePartition source = PartitionNames.source(partition);
    SkippedOffsets.Range skip = skipped.from(source, a.topicId, a.nextOffset);
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
                source,
                a.nextOffset,
                damage.to() < 0 ? "LAST" : damage.to()));
  }

  /** Where a partition ends. */
  interface End {
    @Nullable Long of(TopicPartition partition);
  }

  /**
   * Passes over offsets for good, at an operator's word.
   *
   * @throws IOException if that cannot be; the message says why
   */
  void skip(SourcePartition partition, long from, long to, End end) throws IOException {
    TopicPartition of = PartitionNames.kafka(partition);
    AssignedPartition a = assigned.get(of);
    if (a == null) {
      throw new IOException("this process does not read " + partition);
    }
    if (!a.damaged || a.topicId == null) {
      throw new IOException(partition + " is not stopped by damage: nothing need be skipped");
    }
    if (from != a.nextOffset) {
      throw new IOException("%s stands at offset %d".formatted(partition, a.nextOffset));
    }
    Long last = end.of(of);
    if (last == null || to >= last) {
      throw new IOException("the log of %s ends at offset %s".formatted(partition, last));
    }
    SkippedOffsets.Range range = new SkippedOffsets.Range(partition, a.topicId, from, to);
    skipped.add(range);
    LOG.warn("An operator lets offsets {} to {} of {} go", from, to, partition);
    a.failure = null;
    a.damaged = false;
    passOver(of, a, range);
  }

  private void passOver(TopicPartition partition, AssignedPartition a, SkippedOffsets.Range range) {
    String topicId = a.topicId;
    while (topicId != null && a.nextOffset <= range.to() && a.failure == null) {
      List<SourceRecord> part = range.records(a.nextOffset, SKIPPED_AT_ONCE);
      store(partition, a, a.leaderEpoch, part.getLast().offset() + 1, part);
    }
    if (topicId != null && a.failure == null) {
      careful.add(partition, topicId, a.nextOffset); // what comes next may be damaged too
    }
  }
}
