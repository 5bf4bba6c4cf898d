// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import java.nio.file.Path;

/** A file of a model that is not what it must be: the model is refused. */
public final class MalformedBundleException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String reason;

  /**
   * @param path the file or directory
   * @param where the place in it: a byte offset, a tensor, a field
   * @param reason what was wrong there
   */
  public MalformedBundleException(Path path, String where, String reason) {
    super(path + ": " + reason + (where.isEmpty() ? "" : ": " + where));
    this.reason = reason;
  }

  /** What was wrong, without the place. */
  public String reason() {
    return reason;
  }
}
