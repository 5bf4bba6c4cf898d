// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

/**
 * What a checkpoint left of a user is not served before the log behind it has been read: the user
 * may have been erased since. Carries no stack trace, because each request meets it.
 */
public final class StateWithheldException extends RuntimeException {

  private static final long serialVersionUID = 1;

  StateWithheldException() {
    super(
        "The state is a checkpoint's: no user's is served before the log behind it has been read",
        null,
        false,
        false);
  }
}
