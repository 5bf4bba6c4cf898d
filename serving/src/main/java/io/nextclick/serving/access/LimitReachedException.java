// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

/** A caller has used up what it may ask for now. Carries no stack trace: an everyday case. */
public final class LimitReachedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final int retryAfterSeconds;

  LimitReachedException(String message, int retryAfterSeconds) {
    super(message, null, false, false);
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** When it may ask again. */
  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
