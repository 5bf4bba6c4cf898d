// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import io.dropwizard.util.DataSize;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.audit.AuditLog;
import io.nextclick.serving.state.DataLayout;

/** The log of who did what. It is always on. */
public final class AuditSection extends LogFilesSection {

  AuditSection() {
    super(DataSize.mebibytes(16));
  }

  /**
   * Where it is written, and how much of it is kept.
   *
   * @param key that users are named with
   */
  public AuditLog.Settings log(DataLayout files, UserKey.Source key) {
    return new AuditLog.Settings(
        directory == null ? files.audit() : directory, limits(), key, queue);
  }
}
