// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key as it is kept: without its secret.
 *
 * @param id stands in the key's text, to find it by
 * @param name of whoever has it
 * @param sha256 of the text, hexadecimal. A plain hash will do: 256 random bits are not guessed
 * @param roles what it allows
 * @param created when
 * @param expires when; null for never
 */
public record ApiKey(
    String id,
    String name,
    String sha256,
    Set<Role> roles,
    Instant created,
    @Nullable Instant expires) {

  /** The longest name. */
  public static final int MAX_NAME = 64;

  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0," + (MAX_NAME - 1) + "}";

  public ApiKey {
    requireName(name);
    if (!id.matches("[0-9a-f]{" + KeyText.ID + "}") || !sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("the key of " + name + " is no key: id=" + id);
    }
    if (roles.isEmpty()) {
      throw new IllegalArgumentException("the key " + name + " has no role");
    }
    roles = Set.copyOf(roles);
  }

  /** Refuses what is no name. */
  public static void requireName(String name) {
    if (!name.matches(NAME)) {
      throw new IllegalArgumentException(
          "%s is no name; it has 1 to %d letters, digits, dots, dashes and underscores, and begins with a letter or digit"
              .formatted(name, MAX_NAME));
    }
  }

  /** Whether it counts no more. */
  public boolean isExpired(Instant now) {
    return expires != null && !now.isBefore(expires);
  }

  ApiKey until(@Nullable Instant end) {
    return new ApiKey(id, name, sha256, roles, created, end);
  }

  Caller caller() {
    return new Caller(name, Caller.Kind.KEY, roles);
  }
}
