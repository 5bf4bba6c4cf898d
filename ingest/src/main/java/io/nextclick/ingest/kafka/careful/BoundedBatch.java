// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecord;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteUtils;
import org.jspecify.annotations.Nullable;

/**
 * The records of one batch, one after the other, in memory that does not depend on how large they
 * claim to be: of one that is too long to be an event only the beginning is kept.
 */
final class BoundedBatch implements Closeable {

  /** A record of at most so many bytes is read whole. */
  static final int MAX_WHOLE = 4 * PollBudget.MAX_KEPT;

  private static final String ENDS = "ends inside a record";

  private final TopicPartition partition;
  private final DefaultRecordBatch batch;
  private final InputStream in;
  private int left;

  BoundedBatch(TopicPartition partition, DefaultRecordBatch batch) {
    this.partition = partition;
    this.batch = batch;
    this.in = batch.recordInputStream(BufferSupplier.NO_CACHING);
    this.left = batch.countOrNull() == null ? 0 : batch.countOrNull();
  }

  /**
   * The next record, or null behind the last.
   *
   * @throws IOException if the batch cannot be decompressed or is not as it says
   */
  @Nullable ConsumerRecord<byte[], byte[]> next() throws IOException {
    if (left == 0) {
      return null;
    }
    left--;
    try {
      int size = ByteUtils.readVarint(in);
      if (size < 0) {
        throw new IOException("has a record of " + size + " bytes");
      }
      return size <= MAX_WHOLE ? whole(size) : cut(size);
    } catch (InvalidRecordException | IllegalArgumentException e) {
      throw new IOException("has something that is no record: " + e.getMessage(), e);
    } catch (KafkaException e) {
      throw new IOException("cannot be decompressed: " + e.getMessage(), e);
    }
  }

  private ConsumerRecord<byte[], byte[]> whole(int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(ByteUtils.sizeOfVarint(size) + size);
    ByteUtils.writeVarint(size, bytes);
    if (in.readNBytes(bytes.array(), bytes.position(), size) < size) {
      throw new EOFException(ENDS);
    }
    boolean byLog = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
    DefaultRecord record =
        DefaultRecord.readFrom(
            bytes.rewind(),
            batch.baseOffset(),
            batch.baseTimestamp(),
            batch.baseSequence(),
            byLog ? (Long) batch.maxTimestamp() : null);
    return new ConsumerRecord<>(
        partition.topic(),
        partition.partition(),
        record.offset(),
        record.timestamp(),
        batch.timestampType(),
        record.keySize(),
        record.valueSize(),
        bytes(record.key()),
        bytes(record.value()),
        new RecordHeaders(record.headers()),
        Optional.of(batch.partitionLeaderEpoch()));
  }

  private static byte @Nullable [] bytes(@Nullable ByteBuffer of) {
    if (of == null) {
      return null;
    }
    byte[] kept = new byte[Math.min(of.remaining(), PollBudget.MAX_KEPT)];
    of.get(kept);
    return kept;
  }

  /** Of a record that is too long; its headers are left out. */
  private ConsumerRecord<byte[], byte[]> cut(int size) throws IOException {
    CountedBytes record = new CountedBytes(in, size);
    record.skipNBytes(1); // attributes
    long timestamp = batch.baseTimestamp() + ByteUtils.readVarlong(record);
    long offset = batch.baseOffset() + ByteUtils.readVarint(record);
    int keySize = ByteUtils.readVarint(record);
    byte @Nullable [] key = beginning(record, keySize);
    int valueSize = ByteUtils.readVarint(record);
    byte @Nullable [] value = beginning(record, valueSize);
    record.skipNBytes(record.left());
    boolean byLog = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
    return new ConsumerRecord<>(
        partition.topic(),
        partition.partition(),
        offset,
        byLog ? batch.maxTimestamp() : timestamp,
        batch.timestampType(),
        keySize,
        valueSize,
        key,
        value,
        new RecordHeaders(),
        Optional.of(batch.partitionLeaderEpoch()));
  }

  private static byte @Nullable [] beginning(InputStream from, int size) throws IOException {
    if (size < 0) {
      return null;
    }
    byte[] kept = from.readNBytes(Math.min(size, PollBudget.MAX_KEPT));
    from.skipNBytes(size - kept.length);
    return kept;
  }

  /** The bytes of one record: no length in it leads into the next. */
  private static final class CountedBytes extends InputStream {
    private final InputStream in;
    private long left;

    CountedBytes(InputStream in, long left) {
      this.in = in;
      this.left = left;
    }

    long left() {
      return left;
    }

    @Override
    public int read() throws IOException {
      int read = left == 0 ? -1 : in.read();
      left -= read < 0 ? 0 : 1;
      if (read < 0) {
        throw new EOFException(ENDS);
      }
      return read;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int read = left == 0 ? -1 : in.read(bytes, from, (int) Math.min(length, left));
      left -= Math.max(0, read);
      return read;
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
