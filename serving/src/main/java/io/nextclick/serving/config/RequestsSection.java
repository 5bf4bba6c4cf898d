// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import static io.nextclick.serving.config.Bounds.GIB;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.DataSize;
import io.dropwizard.util.DataSizeUnit;
import io.dropwizard.util.Duration;
import io.dropwizard.validation.DataSizeRange;
import io.dropwizard.validation.MinDataSize;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.server.ConnectionLimits;
import io.nextclick.serving.server.SlowBodies;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import org.jspecify.annotations.Nullable;

/** Bounds on requests as a whole. */
public final class RequestsSection {
  /** Requests that score at once; 0 for the number of cores. */
  @Min(0)
  @Max(1_024)
  @JsonProperty
  int concurrent = 0;

  @Min(0)
  @Max(10_000)
  @JsonProperty
  int maxWaiting = 64;

  @TimeRange(max = "1h")
  @JsonProperty
  Duration maxWait = Duration.milliseconds(100);

  @NotNull
  @DataSizeRange(min = 1, max = GIB, message = "must be from 1B to 1GiB")
  @JsonProperty
  DataSize maxBody = DataSize.mebibytes(4);

  @TimeRange(max = "1h")
  @JsonProperty
  Duration drain = Duration.seconds(0);

  /** Of all bodies in flight, with what is parsed of them; null for a quarter of the heap. */
  @MinDataSize(value = 1, unit = DataSizeUnit.MEBIBYTES, message = "must be 1MiB at least")
  @JsonProperty
  @Nullable DataSize memory = null;

  @Min(1)
  @Max(1_000_000)
  @JsonProperty
  int maxConnections = 4_096;

  @Min(1)
  @Max(1_000_000)
  @JsonProperty
  int maxConnectionsPerAddress = 1_024;

  @TimeRange(min = "100ms", max = "1h")
  @JsonProperty
  Duration maxHeaderTime = Duration.seconds(10);

  @TimeRange(min = "100ms", max = "1h")
  @JsonProperty
  Duration maxFirstByteTime = Duration.seconds(5);

  @TimeRange(min = "100ms", max = "1h")
  @JsonProperty
  Duration maxBodyTime = Duration.seconds(60);

  /** The longest body. */
  public int maxBodyBytes() {
    return (int) maxBody.toBytes();
  }

  /** How long requests are answered after the service was told to stop. */
  public java.time.Duration drain() {
    return drain.toJavaDuration();
  }

  /** For bodies in flight. */
  public MemoryBudget memory() {
    return new MemoryBudget(memory == null ? MemoryBudget.ofHeap() : memory.toBytes());
  }

  /** Of connections, per port. */
  public ConnectionLimits.Bounds connections() {
    return new ConnectionLimits.Bounds(
        maxConnections, maxConnectionsPerAddress, maxHeaderTime.toJavaDuration());
  }

  /** How long a body may take. */
  public SlowBodies.Times bodies() {
    return new SlowBodies.Times(maxFirstByteTime.toJavaDuration(), maxBodyTime.toJavaDuration());
  }

  /** Lets so many score at once. */
  public AdmissionGate gate() {
    int permits = concurrent > 0 ? concurrent : Runtime.getRuntime().availableProcessors();
    return new AdmissionGate(permits, maxWaiting, maxWait.toJavaDuration());
  }
}
