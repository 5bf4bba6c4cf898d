// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

/** A command cannot go on; the message says what was wrong, where, and what to do. */
public final class CommandFailed extends Exception {

  private static final long serialVersionUID = 1;

  public CommandFailed(String message) {
    super(message);
  }

  public CommandFailed(String message, Throwable cause) {
    super(message, cause);
  }
}
