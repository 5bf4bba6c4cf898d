// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

/** What became of showing who one is: a caller, or why there is none. */
public sealed interface Login {

  /** It is known who asks. */
  record Known(Caller caller) implements Login {}

  /**
   * It is not.
   *
   * @param retryAfterSeconds of a refusal that time ends; else 0
   * @param detail what to do about it, without what was shown
   */
  record Refused(Reason reason, int retryAfterSeconds, String detail) implements Login {}

  /** Why it is not known who asks. */
  enum Reason {
    /** Nothing was shown: 401. */
    NO_CREDENTIALS,
    /** What was shown is no key and no token that counts: 401. */
    BAD_CREDENTIALS,
    /** Too many that do not count came from one address: 429. */
    SLOWED,
    /** The identity provider's keys cannot be had: 503. */
    UNAVAILABLE
  }
}
