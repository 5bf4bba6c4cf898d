// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

/**
 * There is no room for a request in time; a little later there may be. Carries no stack trace,
 * because that is an everyday case.
 */
public final class OverloadedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  OverloadedException(String message) {
    super(message, null, false, false);
  }
}
