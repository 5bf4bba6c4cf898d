// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.bytes;

/** Stored bytes that are not what was written: the store must be set aside and rebuilt. */
public final class CorruptRecordException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /**
   * @param where the kind of record and its key's hash, never a user id
   * @param offset the place in the value, in bytes
   * @param reason what was wrong there
   */
  public CorruptRecordException(String where, int offset, String reason) {
    super("%s: %s: offset=%d".formatted(where, reason, offset));
  }
}
