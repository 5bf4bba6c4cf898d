// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import static io.nextclick.serving.config.Bounds.checked;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.DataSize;
import io.dropwizard.util.Duration;
import io.dropwizard.validation.MinDataSize;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.store.WantedFold;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.serving.state.Checkpoints;
import io.nextclick.serving.state.DataLayout;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where sequences are kept, and how events are folded into them. */
public final class StoreSection {
  @NotNull @JsonProperty Path path = Path.of("data", "store");

  @Min(1)
  @Max(65_536)
  @JsonProperty
  int maxHistory = FoldSettings.DEFAULT.capacity().maxHistory();

  @Min(0)
  @Max(65_536)
  @JsonProperty
  @Nullable Integer maxImpressions;

  @Min(0)
  @Max(65_536)
  @JsonProperty
  int dedupeWindow = FoldSettings.DEFAULT.dedupeWindow();

  @TimeRange(max = "3650d")
  @JsonProperty
  Duration maxFuture = Duration.hours(1);

  @NotEmpty @JsonProperty String earliest = "1990-01-01";
  @NotEmpty @JsonProperty String latest = "2100-01-01";

  @TimeRange(max = "3650d", message = "must be 0s, or from 1h to 3650d")
  @JsonProperty
  Duration retention = Duration.seconds(0);

  @NotEmpty @JsonProperty List<String> actions = FoldSettings.DEFAULT.actions();

  @TimeRange(min = "1ms", max = "1d")
  @JsonProperty
  Duration syncInterval = Duration.seconds(5);

  @NotNull
  @MinDataSize(value = 0, message = "must not be negative")
  @JsonProperty
  DataSize minFreeSpace = DataSize.mebibytes(512);

  @JsonProperty @Nullable Path checkpoints;

  @TimeRange(max = "3650d")
  @JsonProperty
  Duration checkpointEvery = Duration.seconds(0);

  @Min(1)
  @Max(1_000)
  @JsonProperty
  int keepCheckpoints = 2;

  /** The configured store; another one may have taken its place. */
  public Path path() {
    return path;
  }

  /** Where and when checkpoints are written. */
  public Checkpoints.Settings checkpoints(DataLayout files) {
    return new Checkpoints.Settings(
        checkpoints == null ? files.checkpoints() : checkpoints,
        checkpointEvery.toJavaDuration(),
        keepCheckpoints);
  }

  /**
   * How the store is opened with these settings: what is left open is in an existing store what it
   * is there.
   *
   * @param settings of {@link #fold}, perhaps with more
   */
  WantedFold wanted(FoldSettings settings) {
    return WantedFold.of(settings, maxImpressions);
  }

  FoldSettings fold() {
    Instant first = checked("store.earliest", () -> PlausibleTimes.bound(earliest));
    Instant last = checked("store.latest", () -> PlausibleTimes.bound(latest));
    FoldSettings settings =
        checked(
            "store.actions",
            () -> new FoldSettings(maxHistory, dedupeWindow, maxFuture.toMilliseconds(), actions));
    FoldSettings roomy = wanted(settings).settings();
    Retention kept = checked("store.retention", () -> new Retention(retention.toMilliseconds()));
    return checked(
        "store.earliest and store.latest",
        () -> roomy.withTimes(new PlausibleTimes(first, last)).withRetention(kept));
  }

  /** How the log is read. */
  public IngestSettings ingest(DataLayout files) {
    return new IngestSettings(
        files.ingest(), syncInterval.toJavaDuration(), minFreeSpace.toBytes());
  }
}
