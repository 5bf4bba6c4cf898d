// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

/** The service cannot run as it is configured; the message says which line to mend, and how. */
public final class InvalidConfigurationException extends Exception {

  private static final long serialVersionUID = 1;

  public InvalidConfigurationException(String message, Throwable cause) {
    super(message, cause);
  }
}
