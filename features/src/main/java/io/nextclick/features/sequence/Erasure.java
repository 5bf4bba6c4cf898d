// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

/**
 * A user's entry in the erasure ledger of one partition.
 *
 * @param offset the erase record's offset: a rebuild leaves out what lies before it
 * @param timeMillis the erase record's event time: what happened until then never comes back,
 *     however often it is sent again
 */
public record Erasure(long offset, long timeMillis) {

  /** Whether a record of this user is kept out of the state. */
  public boolean covers(long recordOffset, long eventTimeMillis) {
    return recordOffset < offset || eventTimeMillis <= timeMillis;
  }

  /** The entry after one more erase record. */
  public Erasure merge(Erasure other) {
    return new Erasure(Math.max(offset, other.offset), Math.max(timeMillis, other.timeMillis));
  }
}
