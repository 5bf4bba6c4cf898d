// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import java.io.IOException;

/**
 * Nothing was read, all was refused, or more was refused than is allowed; the message says what.
 */
public final class TooManyRefusedException extends IOException {

  private static final long serialVersionUID = 1;

  TooManyRefusedException(String message) {
    super(message);
  }
}
