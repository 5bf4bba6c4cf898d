// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import static io.nextclick.serving.config.Bounds.KIB;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.DataSize;
import io.dropwizard.validation.MinDataSize;
import io.nextclick.ingest.log.RotatingLog;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where a log of our own lies, how much of it is kept, and how much waits to be written. */
abstract class LogFilesSection {
  @JsonProperty @Nullable Path directory = null;

  @NotNull
  @MinDataSize(value = KIB, message = "must be at least 1KiB")
  @JsonProperty
  DataSize maxFile;

  @NotNull
  @MinDataSize(value = KIB, message = "must be at least 1KiB")
  @JsonProperty
  DataSize maxTotal = DataSize.gibibytes(1);

  @Min(1)
  @Max(1_000_000)
  @JsonProperty
  int queue = 10_000;

  LogFilesSection(DataSize maxFile) {
    this.maxFile = maxFile;
  }

  final RotatingLog.Limits limits() {
    return new RotatingLog.Limits(maxFile.toBytes(), maxTotal.toBytes());
  }
}
