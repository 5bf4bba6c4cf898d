// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import io.nextclick.features.event.EventJson;
import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Hands out keys and values as they are, within a number of bytes per poll: compression lets a few
 * kilobytes of a fetch grow to any size. The bytes of a record beyond are left out, and it is read
 * again later. What is longer than the longest event is cut behind that length: it is refused for
 * its length either way. For the thread that polls.
 */
public final class PollBudget {

  /** Bytes of a key or a value that are kept at most. */
  static final int MAX_KEPT = EventJson.MAX_BYTES + 1;

  /** In the place of what is to be read again; known by its length, which nothing kept has. */
  private static final byte[] LEFT_OUT = new byte[MAX_KEPT + 1];

  private final long max;
  private long left;

  /**
   * @param max bytes of one poll; the record that passes it is the last
   */
  public PollBudget(long max) {
    this.max = max;
    this.left = max;
  }

  /** Begins another poll. */
  public void renew() {
    left = max;
  }

  /** Whether nothing of a record was left out. */
  public static boolean isWhole(ConsumerRecord<byte[], byte[]> record) {
    return isKept(record.key()) && isKept(record.value());
  }

  private static boolean isKept(byte @Nullable [] bytes) {
    return bytes == null || bytes.length <= MAX_KEPT;
  }

  /** Takes the bytes of keys or of values; a consumer makes it one of each. */
  public Deserializer<byte[]> deserializer() {
    return new Deserializer<>() {
      @Override
      public byte @Nullable [] deserialize(String topic, byte @Nullable [] data) {
        return data == null ? null : take(ByteBuffer.wrap(data));
      }

      @Override
      public byte @Nullable [] deserialize(
          String topic, Headers headers, @Nullable ByteBuffer data) {
        return data == null ? null : take(data);
      }
    };
  }

  private byte[] take(ByteBuffer data) {
    if (left <= 0) {
      return LEFT_OUT;
    }
    byte[] kept = new byte[Math.min(data.remaining(), MAX_KEPT)];
    left -= kept.length;
    data.get(data.position(), kept);
    return kept;
  }
}
