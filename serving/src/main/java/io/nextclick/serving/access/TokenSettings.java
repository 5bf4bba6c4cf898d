// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens count.
 *
 * @param issuer the claim {@code iss}
 * @param audience must be in the claim {@code aud}
 * @param keysUrl where the provider's key set is; null if it lies in a file
 * @param keysFile the key set; null if it has a URL
 * @param rolesClaim holds role names: a list, or a text with spaces
 * @param roles what other values of that claim stand for
 * @param clockSkew how far the provider's clock may be off
 */
public record TokenSettings(
    String issuer,
    String audience,
    @Nullable URI keysUrl,
    @Nullable Path keysFile,
    String rolesClaim,
    Map<String, Set<Role>> roles,
    Duration clockSkew) {

  public TokenSettings {
    if ((keysUrl == null) == (keysFile == null)) {
      throw new IllegalArgumentException("a key set has either a URL or a file");
    }
    roles = Map.copyOf(roles);
  }
}
