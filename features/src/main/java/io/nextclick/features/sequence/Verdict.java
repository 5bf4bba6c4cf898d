// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

/** What became of one record. Every record gets exactly one. */
public enum Verdict {
  /** Changed the state. */
  APPLIED,
  /** Its id is in the user's dedupe window. */
  DUPLICATE,
  /** Older than all that a full room keeps, or than the attributes it would replace. */
  LATE,
  /** Not an event, or one that this store refuses; kept in quarantine. */
  QUARANTINED,
  /** An erase request, or an event that an erase request covers. */
  ERASED,
  /** Older than the retention allows, seen from the newest behaviour of its partition. */
  EXPIRED
}
