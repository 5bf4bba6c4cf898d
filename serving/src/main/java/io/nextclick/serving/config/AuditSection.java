// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import static io.nextclick.serving.config.Bounds.KIB;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.DataSize;
import io.dropwizard.validation.MinDataSize;
import io.nextclick.ingest.log.RotatingLog;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.audit.AuditLog;
import io.nextclick.serving.state.DataLayout;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The log of who did what. It is always on. */
public final class AuditSection {
  @JsonProperty @Nullable Path directory = null;

  @NotNull
  @MinDataSize(value = KIB, message = "must be at least 1KiB")
  @JsonProperty
  DataSize maxFile = DataSize.mebibytes(16);

  @NotNull
  @MinDataSize(value = KIB, message = "must be at least 1KiB")
  @JsonProperty
  DataSize maxTotal = DataSize.gibibytes(1);

  @Min(1)
  @Max(1_000_000)
  @JsonProperty
  int queue = 10_000;

  /**
   * Where it is written, and how much of it is kept.
   *
   * @param key that users are named with
   */
  public AuditLog.Settings log(DataLayout files, UserKey.Source key) {
    return new AuditLog.Settings(
        directory == null ? files.audit() : directory,
        new RotatingLog.Limits(maxFile.toBytes(), maxTotal.toBytes()),
        key,
        queue);
  }
}
