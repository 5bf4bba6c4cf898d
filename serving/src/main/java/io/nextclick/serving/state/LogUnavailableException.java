// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

/**
 * The log takes no events now, or they are not folded. Carries no stack trace, because every
 * request meets it while a broker is away.
 */
public final class LogUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private static final int SOON_SECONDS = 5;
  private static final int LATER_SECONDS = 60; // a person has to look

  private final int retryAfterSeconds;

  private LogUnavailableException(int retryAfterSeconds, String message) {
    super(message, null, false, false);
    this.retryAfterSeconds = retryAfterSeconds;
  }

  static LogUnavailableException away(String reason) {
    return new LogUnavailableException(SOON_SECONDS, "Kafka is away: " + reason);
  }

  static LogUnavailableException refused(String reason) {
    return new LogUnavailableException(SOON_SECONDS, reason);
  }

  static LogUnavailableException none(String reason) {
    return new LogUnavailableException(LATER_SECONDS, "This service has no log: " + reason);
  }

  static LogUnavailableException full(String reason) {
    return new LogUnavailableException(LATER_SECONDS, "The log is full: " + reason);
  }

  static LogUnavailableException unfolded(String reason) {
    return new LogUnavailableException(LATER_SECONDS, "In the log, but not folded: " + reason);
  }

  /** When it is worth another try. */
  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
