// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Remembers, over the death of the process, which record each partition was at and how often it was
 * tried: what breaks the loop in which one record kills the process again and again.
 *
 * <p>The file is one write of {@code version:int length:int crc:int (topic:utf topicId:utf
 * partition:int offset:long attempts:int)*}. It is not forced to the disk: it must outlive a
 * process, not a machine. A file that does not check out, or is of an older version, counts as
 * empty.
 */
final class AttemptJournal implements AutoCloseable {

  private static final int VERSION = -2; // version 1 began with its length
  private static final int HEADER = 3 * Integer.BYTES;
  private static final int MAX_BYTES = 4 << 20;

  private record Attempt(String topicId, long offset, int count) {}

  private final Map<SourcePartition, Attempt> attempts = new TreeMap<>();
  private final FileChannel file;

  AttemptJournal(Path path) {
    try {
      if (Files.exists(path) && Files.size(path) <= MAX_BYTES) {
        load(Files.readAllBytes(path));
      }
      file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot use the attempt journal " + path, e);
    }
  }

  /** How often {@code offset} was begun before without getting past it. */
  int failed(SourceBatch of, long offset) {
    Attempt last = attempts.get(of.partition());
    return last != null && last.offset() == offset && last.topicId().equals(of.topicId())
        ? last.count()
        : 0;
  }

  /** Notes that {@code offset} is begun for the {@code count}-th time. */
  void begin(SourceBatch of, long offset, int count) {
    attempts.put(of.partition(), new Attempt(of.topicId(), offset, count));
    save();
  }

  /** Forgets a partition: what was begun is stored. */
  void done(SourcePartition partition) {
    attempts.remove(partition);
  }

  /** Forgets a partition for good: what was begun failed by no fault of its records. */
  void forget(SourcePartition partition) {
    attempts.remove(partition);
    save();
  }

  @Override
  public void close() {
    try (file) {
      save();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void save() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      for (var entry : attempts.entrySet()) {
        out.writeUTF(entry.getKey().topic());
        out.writeUTF(entry.getValue().topicId());
        out.writeInt(entry.getKey().partition());
        out.writeLong(entry.getValue().offset());
        out.writeInt(entry.getValue().count());
      }
      ByteBuffer content =
          ByteBuffer.allocate(HEADER + bytes.size())
              .putInt(VERSION)
              .putInt(bytes.size())
              .putInt(crc(bytes.toByteArray()))
              .put(bytes.toByteArray())
              .flip();
      for (long at = 0; content.hasRemaining(); ) {
        at += file.write(content, at);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the attempt journal", e);
    }
  }

  private void load(byte[] content) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(content);
    if (content.length < HEADER) {
      return;
    }
    int version = header.getInt();
    int length = header.getInt();
    int crc = header.getInt();
    if (version != VERSION || length < 0 || length > header.remaining()) {
      return;
    }
    byte[] payload = new byte[length];
    header.get(payload);
    if (crc(payload) != crc) {
      return;
    }
    try (var in = new DataInputStream(new ByteArrayInputStream(payload))) {
      while (in.available() > 0) {
        String topic = in.readUTF();
        String topicId = in.readUTF();
        SourcePartition partition = new SourcePartition(topic, in.readInt());
        attempts.put(partition, new Attempt(topicId, in.readLong(), in.readInt()));
      }
    }
  }

  private static int crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
