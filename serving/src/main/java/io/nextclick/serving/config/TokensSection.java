// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.Duration;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.access.TokenSettings;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Tokens of an identity provider that count. */
final class TokensSection {

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  @NotEmpty @JsonProperty String issuer = "";
  @NotEmpty @JsonProperty String audience = "";

  /** The key set: a URL, or a file. */
  @NotEmpty @JsonProperty String keys = "";

  @NotEmpty @JsonProperty String rolesClaim = "roles";
  @NotNull @JsonProperty Map<String, Set<Role>> roles = Map.of();

  @TimeRange(max = "5m")
  @JsonProperty
  Duration clockSkew = Duration.seconds(60);

  TokenSettings settings() {
    URI url = keys.matches("(?i)https?://.*") ? url() : null;
    return new TokenSettings(
        issuer,
        audience,
        url,
        url == null ? Path.of(keys) : null,
        rolesClaim,
        roles,
        clockSkew.toJavaDuration());
  }

  /** Over the network, keys that nobody vouches for would let anybody make tokens. */
  private URI url() {
    URI url = Bounds.checked("security.tokens.keys", () -> URI.create(keys));
    boolean near = url.getHost() != null && LOOPBACK.contains(url.getHost());
    if (!"https".equalsIgnoreCase(url.getScheme()) && !near) {
      throw new IllegalArgumentException(
          "security.tokens.keys: take https, or a file: whoever changes the keys on their way makes"
              + " tokens");
    }
    return url;
  }
}
