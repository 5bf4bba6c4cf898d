// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * How far one partition was folded; written in the same batch as the sequences.
 *
 * @param topicId the topic's id when the partition was first read from Kafka; empty until then
 * @param leaderEpoch the leader epoch of the last record, or -1
 * @param baseOffset the first offset that the state was built from
 * @param nextOffset the first offset not yet folded
 * @param counters the fate of every record since {@code baseOffset}
 * @param digest sum over users of the 128-bit hash of their stored value, modulo 2^128
 * @param lastAppendTimeMillis append time of the newest record folded, or -1 when the log gives
 *     none
 * @param watermarkMillis greatest event time of its behaviour, or of a log of another name that
 *     went on after it, see {@link Retention#raised}; {@link Retention#NO_WATERMARK} without a
 *     retention
 */
public record PartitionState(
    String topicId,
    int leaderEpoch,
    long baseOffset,
    long nextOffset,
    Counters counters,
    BigInteger digest,
    long lastAppendTimeMillis,
    long watermarkMillis) {

  /** The state of a fold without retention. */
  public PartitionState(
      String topicId,
      int leaderEpoch,
      long baseOffset,
      long nextOffset,
      Counters counters,
      BigInteger digest,
      long lastAppendTimeMillis) {
    this(
        topicId,
        leaderEpoch,
        baseOffset,
        nextOffset,
        counters,
        digest,
        lastAppendTimeMillis,
        Retention.NO_WATERMARK);
  }

  /** This with a watermark. */
  PartitionState withWatermark(long millis) {
    return with(digest, millis);
  }

  private PartitionState with(BigInteger sum, long watermark) {
    return new PartitionState(
        topicId,
        leaderEpoch,
        baseOffset,
        nextOffset,
        counters,
        sum,
        lastAppendTimeMillis,
        watermark);
  }

  /** This after a stored value was replaced, or with null, erased. */
  public PartitionState with(byte[] before, byte @Nullable [] after) {
    BigInteger modulus = BigInteger.ONE.shiftLeft(128);
    BigInteger added = after == null ? BigInteger.ZERO : SequenceCodec.digest(after);
    return with(
        digest.subtract(SequenceCodec.digest(before)).add(added).mod(modulus), watermarkMillis);
  }

  /** As that of {@link Counters}. */
  @Override
  public String toString() {
    return "PartitionState[topicId=%s, leaderEpoch=%s, baseOffset=%s, nextOffset=%s, counters=%s, digest=%s, lastAppendTimeMillis=%s%s]"
        .formatted(
            topicId,
            leaderEpoch,
            baseOffset,
            nextOffset,
            counters,
            digest,
            lastAppendTimeMillis,
            watermarkMillis == Retention.NO_WATERMARK
                ? ""
                : ", watermarkMillis=" + watermarkMillis);
  }

  /** Whether this is of the same log, as far as is known, and at least as far. */
  public boolean reaches(PartitionState other) {
    return nextOffset >= other.nextOffset && isOfSameLog(other);
  }

  /**
   * Whether this is of the same log, as far as is known: a topic that was re-created is another
   * one.
   */
  public boolean isOfSameLog(PartitionState other) {
    return topicId.isEmpty() || other.topicId.isEmpty() || topicId.equals(other.topicId);
  }
}
