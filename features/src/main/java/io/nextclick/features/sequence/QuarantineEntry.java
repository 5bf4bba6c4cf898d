// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.event.RejectedEvent;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * A record that could not be folded, kept with its reason.
 *
 * @param partition where it was
 * @param offset where it was
 * @param appendTimeMillis when the log took it in, or {@link SourceRecord#UNKNOWN_TIME}
 * @param rejection why it was refused
 * @param length its length in bytes
 * @param sha256 the hash of all of its bytes
 * @param head its first {@value #MAX_HEAD_BYTES} bytes
 */
public record QuarantineEntry(
    SourcePartition partition,
    long offset,
    long appendTimeMillis,
    RejectedEvent rejection,
    int length,
    byte[] sha256,
    byte[] head) {

  /** How much of a record is kept. */
  public static final int MAX_HEAD_BYTES = 4096;

  /** Whether this is the copy of these bytes. */
  public boolean isOf(byte[] value) {
    return MessageDigest.isEqual(sha256, SequenceCodec.sha256().digest(value));
  }

  /** The same without the record's text, which named somebody who was erased since. */
  public QuarantineEntry withoutText() {
    return new QuarantineEntry(
        partition, offset, appendTimeMillis, rejection, length, sha256, new byte[0]);
  }

  static QuarantineEntry of(SourcePartition partition, SourceRecord record, RejectedEvent why) {
    byte[] value = record.value();
    MessageDigest sha256 = SequenceCodec.sha256();
    return new QuarantineEntry(
        partition,
        record.offset(),
        record.appendTimeMillis(),
        why,
        value.length,
        sha256.digest(value),
        Arrays.copyOf(value, Math.min(value.length, MAX_HEAD_BYTES)));
  }
}
