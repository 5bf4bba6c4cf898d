// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import static io.nextclick.serving.config.Bounds.checked;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.DataSize;
import io.dropwizard.util.Duration;
import io.dropwizard.validation.MinDataSize;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.sign.TrustedKeys;
import io.nextclick.serving.models.RoutingPlan;
import io.nextclick.serving.state.DataLayout;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The trained model, if there is one. */
public final class ModelSection {
  @NotNull @JsonProperty Path directory = Path.of("data", "models");

  @NotNull @JsonProperty List<Path> trustedKeys = List.of();
  @JsonProperty @Nullable String active = null;
  @NotNull @JsonProperty Map<String, Integer> arms = Map.of();
  @NotNull @JsonProperty List<String> shadows = List.of();

  @DecimalMin("0")
  @DecimalMax("1")
  @JsonProperty
  double shadowShare = 0.1;

  @TimeRange(max = "1d")
  @JsonProperty
  Duration watch = Duration.seconds(5);

  @Min(0)
  @Max(1_000)
  @JsonProperty
  int warmUp = 64;

  @JsonProperty @Nullable Path routing = null;

  @NotNull @JsonProperty Backend backend = Backend.AUTO;

  @NotNull
  @MinDataSize(value = 0, message = "must not be negative")
  @JsonProperty
  DataSize historyCache = DataSize.mebibytes(64);

  /** Of the models: {@code NAME/VERSION/} below it. */
  public Path directory() {
    return directory;
  }

  /**
   * Whose models may serve.
   *
   * @throws IllegalArgumentException if a file holds no public key
   */
  public TrustedKeys trusted() {
    return checked("model.trustedKeys", () -> TrustedKeys.read(trustedKeys));
  }

  /**
   * What shall serve.
   *
   * @throws IllegalArgumentException if the settings contradict each other
   */
  public RoutingPlan plan() {
    if (active != null && !arms.isEmpty()) {
      throw new IllegalArgumentException("model.active and model.arms: keep one, not both");
    }
    Map<String, Integer> all = active == null ? arms : Map.of(active, 1);
    String setting = active != null ? "model.active" : arms.isEmpty() ? "model" : "model.arms";
    return checked(setting, () -> new RoutingPlan(all, shadows));
  }

  /** Where calls keep what they change. */
  public Path routing(DataLayout files) {
    return routing == null ? files.routing() : routing;
  }

  /** The part of the answers that shadows score, 0 to 1. */
  public double shadowShare() {
    return shadowShare;
  }

  /** Between two looks at the directory; zero for none. */
  public java.time.Duration watch() {
    return watch.toJavaDuration();
  }

  /** Requests that a new model answers before it answers anybody. */
  public int warmUp() {
    return warmUp;
  }

  /** What computes the scores. */
  public Backend backend() {
    return backend;
  }

  /** What each model may keep of histories that it has read. */
  public long historyCacheBytes() {
    return historyCache.toBytes();
  }
}
