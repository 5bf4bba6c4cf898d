// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

/** A request names a model that is not loaded; the message says which are. No stack trace. */
public final class UnknownModelException extends RuntimeException {

  private static final long serialVersionUID = 1;

  UnknownModelException(String message) {
    super(message, null, false, false);
  }
}
