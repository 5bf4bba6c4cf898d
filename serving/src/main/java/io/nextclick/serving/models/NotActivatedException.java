// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

/** A plan that was asked for does not serve, and nothing has changed; the message says why. */
public final class NotActivatedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final boolean absent;

  /**
   * @param absent whether a version is not there at all
   */
  NotActivatedException(boolean absent, String reason) {
    super("not activated, nothing changed: " + reason, null, false, false);
    this.absent = absent;
  }

  /** Whether a version is not there at all; else one is there and must not serve. */
  public boolean isAbsent() {
    return absent;
  }
}
