// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.event.Decoded;

/**
 * One record of a log, decoded.
 *
 * @param offset its place in the partition
 * @param appendTimeMillis when the log took it in, epoch milliseconds; {@link #UNKNOWN_TIME} when
 *     the log does not say. Event times further ahead than the fold allows are clamped to it.
 * @param decoded the event, or why it is none
 * @param value the raw bytes; read only when the record is quarantined
 */
public record SourceRecord(long offset, long appendTimeMillis, Decoded decoded, byte[] value) {

  /** The log does not say when it took the record in: event times are not clamped. */
  public static final long UNKNOWN_TIME = Long.MAX_VALUE;
}
