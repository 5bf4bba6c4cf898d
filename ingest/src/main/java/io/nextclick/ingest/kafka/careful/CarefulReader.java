// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.Topics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.FetchResponse;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition at a time, batch by batch and checked, in bounded memory: for partitions that
 * Kafka's consumer failed at, or that the process died of. It says where the log is damaged, and
 * gets past records that grow to any size. As the consumer does, it leaves out control batches and
 * transactions that were aborted.
 *
 * <p>It stands on classes that Kafka calls internal: no public one gives a batch before all of a
 * record is in memory.
 */
public final class CarefulReader implements AutoCloseable {

  /** After so many bytes of the log, at the end of a batch, the consumer may go on. */
  static final int WINDOW_BYTES = 4 * RawFetch.MAX_BYTES;

  private static final int MAX_RECORDS = 1_000;
  private static final long MAX_RECORD_BYTES = 16L << 20;
  private static final int LOOKS = 2;

  private final KafkaSettings settings;
  private final Admin admin;
  private @Nullable RawFetch fetches;

  CarefulReader(KafkaSettings settings, Admin admin) {
    this.settings = settings;
    this.admin = admin;
  }

  /** What was read. */
  public sealed interface Found {}

  /**
   * Records, perhaps none.
   *
   * @param next where to read on
   * @param isLast whether the consumer may go on from there
   */
  public record Records(
      List<ConsumerRecord<byte[], byte[]>> records, OffsetAndMetadata next, boolean isLast)
      implements Found {}

  /**
   * Nothing can be read from {@code from} on.
   *
   * @param to the last offset of the damaged batch, or -1 if that cannot be told
   * @param why what is wrong with it
   */
  public record Damage(long from, long to, String why) implements Found {}

  /** Begins to read a partition. */
  Cursor open(TopicPartition partition, String topicId, long offset) {
    return new Cursor(partition, topicId, offset);
  }

  private RawFetch fetches() {
    RawFetch open = fetches;
    if (open == null) {
      open = new RawFetch(settings);
      fetches = open;
    }
    return open;
  }

  private Node leader(TopicPartition partition) {
    TopicDescription topic =
        Topics.describe(admin, List.of(partition.topic())).get(partition.topic());
    Node leader =
        topic == null
            ? null
            : topic.partitions().stream()
                .filter(info -> info.partition() == partition.partition())
                .map(TopicPartitionInfo::leader)
                .findFirst()
                .orElse(null);
    if (leader == null) {
      throw new LeaderNotAvailableException(partition + " has no leader");
    }
    return leader;
  }

  @Override
  public void close() {
    if (fetches != null) {
      fetches.close();
    }
  }

  /** The place in one partition. */
  final class Cursor implements AutoCloseable {

    private final TopicPartition partition;
    private final String topicId;
    private final PriorityQueue<AbortedTransaction> aborted =
        new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
    private final Set<Long> abortedProducers = new HashSet<>();
    private @Nullable Node leader;
    private long position;
    private int epoch = -1;
    private long bytes;
    private int damagedLooks;
    private @Nullable Iterator<? extends RecordBatch> batches;
    private @Nullable RecordBatch batch;
    private @Nullable BoundedBatch open;
    private @Nullable String brokenBy; // what is wrong behind the records that were given

    private Cursor(TopicPartition partition, String topicId, long offset) {
      this.partition = partition;
      this.topicId = topicId;
      this.position = offset;
    }

    long position() {
      return position;
    }

    /** Whether records are decompressed next, and nothing else is done. */
    boolean isInBatch() {
      return open != null;
    }

    /**
     * Reads a part of a batch, or passes over one.
     *
     * @throws KafkaException if the broker does not give it now
     */
    Found next() {
      try {
        if (open != null && batch != null) {
          return brokenBy == null ? records(open, batch) : broken(batch, brokenBy);
        }
        if (batches == null || !batches.hasNext()) {
          if (bytes >= WINDOW_BYTES || !fetch()) {
            return records(List.of(), true);
          }
          if (batches == null || !batches.hasNext()) {
            // The first batch of an answer is whole, whatever its size.
            return damaged(position, -1, "a batch ends before its length");
          }
        }
        return begin(batches.next());
      } catch (CorruptRecordException | UnknownServerException e) {
        // The broker could not find its way through the log, or we through what it sent.
        return damaged(position, -1, e.getMessage());
      }
    }

    private boolean fetch() {
      Node from = leader;
      if (from == null) {
        from = leader(partition);
        leader = from;
      }
      FetchResponseData.PartitionData data;
      try {
        data = fetches().fetch(partition, topicId, from, position);
      } catch (KafkaException e) {
        leader = null;
        throw e;
      }
      var records = FetchResponse.recordsOrFail(data);
      aborted.clear();
      abortedProducers.clear();
      if (data.abortedTransactions() != null) {
        aborted.addAll(data.abortedTransactions());
      }
      bytes += records.sizeInBytes();
      batches = records.batches().iterator();
      if (records.sizeInBytes() == 0 && data.lastStableOffset() > position) {
        throw new CorruptRecordException(
            "the broker finds nothing there, though its log reaches to offset "
                + data.lastStableOffset());
      }
      return records.sizeInBytes() > 0;
    }

    private Found begin(RecordBatch next) {
      try {
        next.ensureValid();
      } catch (CorruptRecordException e) {
        return damaged(Math.max(position, next.baseOffset()), lastOf(next), e.getMessage());
      }
      if (next.lastOffset() < position) {
        return records(List.of(), false);
      }
      if (!(next instanceof DefaultRecordBatch readable)) {
        String old = "its format is version " + next.magic() + ", which is read no more";
        return damaged(Math.max(position, next.baseOffset()), next.lastOffset(), old);
      }
      epoch = Math.max(epoch, next.partitionLeaderEpoch());
      if (isLeftOut(next)) {
        position = next.nextOffset();
        return records(List.of(), false);
      }
      batch = next;
      try {
        open = new BoundedBatch(partition, readable);
      } catch (KafkaException e) {
        return broken(next, e.getMessage());
      }
      return records(List.of(), false);
    }

    /** The last offset of a batch whose header may say anything, or -1. */
    private long lastOf(RecordBatch damaged) {
      try {
        if (batches != null && batches.hasNext()) {
          RecordBatch behind = batches.next();
          behind.ensureValid();
          return behind.baseOffset() - 1;
        }
      } catch (CorruptRecordException e) {
        return -1;
      }
      Integer count = damaged.countOrNull();
      boolean fits = count != null && damaged.lastOffset() - damaged.baseOffset() == count - 1;
      return fits ? damaged.lastOffset() : -1;
    }

    private boolean isLeftOut(RecordBatch next) {
      if (next.hasProducerId()) {
        while (!aborted.isEmpty() && aborted.peek().firstOffset() <= next.lastOffset()) {
          abortedProducers.add(aborted.remove().producerId());
        }
        if (isAbortMarker(next)) {
          abortedProducers.remove(next.producerId());
        }
      }
      return next.isControlBatch()
          || (next.isTransactional() && abortedProducers.contains(next.producerId()));
    }

    private static boolean isAbortMarker(RecordBatch next) {
      if (!next.isControlBatch()) {
        return false;
      }
      Iterator<Record> markers = next.iterator();
      return markers.hasNext()
          && ControlRecordType.parse(markers.next().key()) == ControlRecordType.ABORT;
    }

    private Found records(BoundedBatch from, RecordBatch of) {
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      long held = 0;
      try {
        while (records.size() < MAX_RECORDS && held < MAX_RECORD_BYTES) {
          ConsumerRecord<byte[], byte[]> record = from.next();
          if (record == null) {
            close();
            position = of.nextOffset();
            damagedLooks = 0;
            return records(records, false);
          }
          if (record.offset() >= position) {
            records.add(record);
            held += length(record.key()) + length(record.value());
            position = record.offset() + 1;
          }
        }
        return records(records, false);
      } catch (IOException e) {
        brokenBy = String.valueOf(e.getMessage());
        return records.isEmpty() ? broken(of, brokenBy) : records(records, false);
      }
    }

    private static int length(byte @Nullable [] bytes) {
      return bytes == null ? 0 : bytes.length;
    }

    private Found records(List<ConsumerRecord<byte[], byte[]>> records, boolean isLast) {
      Optional<Integer> of = epoch < 0 ? Optional.empty() : Optional.of(epoch);
      return new Records(records, new OffsetAndMetadata(position, of, ""), isLast);
    }

    private Found broken(RecordBatch of, @Nullable String why) {
      brokenBy = null;
      return damaged(Math.max(position, of.baseOffset()), of.lastOffset(), "its batch " + why);
    }

    /** What was damaged on its way here is whole when it is fetched again. */
    private Found damaged(long from, long to, @Nullable String why) {
      close();
      batches = null;
      damagedLooks++;
      if (damagedLooks < LOOKS) {
        return records(List.of(), false);
      }
      position = from;
      return new Damage(from, to, String.valueOf(why));
    }

    @Override
    public void close() {
      try (BoundedBatch closing = open) {
        open = null;
        batch = null;
      } catch (IOException | KafkaException e) {
        batches = null; // what is left of it is of no use to anybody
      }
    }
  }
}
