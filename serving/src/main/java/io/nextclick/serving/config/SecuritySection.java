// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.nextclick.serving.access.Access;
import io.nextclick.serving.access.CallerLimits;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.state.DataLayout;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** Who may do what. {@code security: open} is short for {@code security.access}. */
public final class SecuritySection {

  /** Whether callers must show who they are. */
  enum Mode {
    /** They must, on any address but loopback. */
    KEYS,
    /** Nobody is asked: that has to be spelt out. */
    OPEN
  }

  @NotNull @JsonProperty Mode access = Mode.KEYS;
  @JsonProperty @Nullable Path keys = null;
  @Valid @JsonProperty @Nullable TokensSection tokens = null;
  @NotNull @JsonProperty Map<String, Set<Role>> certificates = Map.of();
  @NotNull @JsonProperty Set<String> origins = Set.of();
  @NotNull @JsonProperty Set<String> hosts = Set.of();
  @Valid @NotNull @JsonProperty Limits limits = new Limits();
  @NotNull @JsonProperty Map<String, @Valid Limits> limitsOf = Map.of();

  /** What one caller may ask for; 0 is no limit. */
  static final class Limits {
    @Min(0)
    @Max(1_000_000)
    @JsonProperty
    int requestsPerSecond = 0;

    @Min(0)
    @Max(10_000_000)
    @JsonProperty
    int eventsPerSecond = 0;

    @Min(0)
    @Max(100_000)
    @JsonProperty
    int concurrent = 0;

    CallerLimits.Limit limit() {
      return new CallerLimits.Limit(requestsPerSecond, eventsPerSecond, concurrent);
    }
  }

  SecuritySection() {}

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static SecuritySection of(String access) {
    SecuritySection security = new SecuritySection();
    try {
      security.access = Mode.valueOf(access.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("security is keys, open, or settings below it", e);
    }
    return security;
  }

  /**
   * Who is known.
   *
   * @throws IllegalArgumentException if a setting cannot be used
   */
  public Access.Settings access(DataLayout files) {
    certificates.forEach((subject, roles) ->
        Bounds.checked("security.certificates", () -> new X500Principal(subject)));
    return new Access.Settings(
        access == Mode.OPEN,
        keys == null ? files.keys() : keys,
        tokens == null ? null : tokens.settings(),
        certificates);
  }

  /** How much each caller may ask for. */
  public CallerLimits.Settings limits() {
    return new CallerLimits.Settings(
        limits.limit(),
        limitsOf.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, of -> of.getValue().limit())));
  }

  /** Origins whose pages may call. */
  public Set<String> origins() {
    origins.forEach(origin -> {
      if (!origin.matches("https?://[^/?#\\s]+")) {
        throw new IllegalArgumentException(
            "security.origins: %s is no origin; write it as browsers do: https://shop.example"
                .formatted(origin));
      }
    });
    return Set.copyOf(origins);
  }

  /** Names in the Host header that are answered for, lower case; empty for all. */
  public Set<String> hosts() {
    return hosts.stream()
        .map(host -> host.toLowerCase(Locale.ROOT))
        .collect(Collectors.toUnmodifiableSet());
  }
}
