// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.bytes.ByteReader;
import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.features.sequence.SourcePartition;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The keys of all column families.
 *
 * <pre>
 *  partition   u8 length of the topic, topic in UTF-8, u32 partition, highest byte first
 *  sequences   partition, user in UTF-8
 *  erasures    partition, 32 bytes HMAC of the user; copied ones also under u8 0 for any source
 *  quarantine  partition, u64 offset, highest byte first
 *  partitions  partition
 *  items       item in UTF-8
 * </pre>
 */
final class Keys {

  private Keys() {}

  static byte[] partition(SourcePartition partition) {
    byte[] topic = partition.topic().getBytes(StandardCharsets.UTF_8);
    return new ByteWriter()
        .u8(topic.length)
        .raw(topic)
        .u8(partition.partition() >>> 24)
        .u8(partition.partition() >>> 16)
        .u8(partition.partition() >>> 8)
        .u8(partition.partition())
        .toBytes();
  }

  static byte[] sequence(byte[] partition, String user) {
    return concat(partition, user.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] quarantine(byte[] partition, long offset) {
    return new ByteWriter().raw(partition).u64(offset).toBytes();
  }

  static byte[] concat(byte[] head, byte[] tail) {
    byte[] key = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, key, head.length, tail.length);
    return key;
  }

  /** The partition that a key begins with. */
  static SourcePartition partitionOf(byte[] key) {
    var in = new ByteReader(key, key.length, "key");
    String topic = new String(in.raw(in.u8()), StandardCharsets.UTF_8);
    int partition = in.u8() << 24 | in.u8() << 16 | in.u8() << 8 | in.u8();
    return new SourcePartition(topic, partition);
  }

  /** The user that a sequence's key ends with. */
  static String userOf(byte[] key) {
    int prefix = (key[0] & 0xff) + 5;
    return new String(key, prefix, key.length - prefix, StandardCharsets.UTF_8);
  }
}
