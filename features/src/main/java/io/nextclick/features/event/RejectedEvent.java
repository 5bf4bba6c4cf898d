// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

/**
 * A record that is not an event.
 *
 * @param reason the class of the fault: metric label, dead-letter header, problem code
 * @param detail what was wrong and where, for a person; holds no more than 200 characters and never
 *     a value of the record
 */
public record RejectedEvent(Reason reason, String detail) implements Decoded {

  /** Why a record was refused. */
  public enum Reason {
    EMPTY,
    TOO_LARGE,
    NOT_UTF8,
    NOT_JSON,
    UNKNOWN_FIELD,
    MISSING_FIELD,
    BAD_VALUE,
    BAD_ID,
    BAD_TIME,
    UNKNOWN_ACTION,
    KEY_MISMATCH,
    POISON,
    /** It was never read: an operator let it go, since nobody could. */
    SKIPPED;

    /** The name in metrics, headers and JSON, such as {@code not-utf8}. */
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }
}
