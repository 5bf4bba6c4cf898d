// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

/**
 * The log takes no events now, or they are not folded. Carries no stack trace, because every
 * request meets it while a broker is away.
 */
public final class LogUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final int retryAfterSeconds;

  LogUnavailableException(int retryAfterSeconds, String message) {
    super(message, null, false, false);
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** When it is worth another try. */
  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
