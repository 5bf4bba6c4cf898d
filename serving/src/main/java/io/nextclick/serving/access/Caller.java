// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import java.security.Principal;
import java.util.Set;

/**
 * Who asks.
 *
 * @param name of the key, the token's subject, or of the certificate
 * @param kind how it was shown
 * @param roles what it may do
 */
public record Caller(String name, Kind kind, Set<Role> roles) implements Principal {

  /** Where callers are kept in a request. */
  public static final String ATTRIBUTE = Caller.class.getName();

  /** Whoever asks a service that is open. */
  public static final Caller ANYBODY = new Caller("anybody", Kind.OPEN, Set.of(Role.values()));

  /** How callers show who they are. */
  public enum Kind {
    /** By an API key. */
    KEY,
    /** By a token of an identity provider. */
    TOKEN,
    /** By a client certificate. */
    CERTIFICATE,
    /** Not at all: nobody is asked. */
    OPEN
  }

  public Caller {
    roles = Set.copyOf(roles);
  }

  @Override
  public String getName() {
    return name;
  }

  /** Whether it has one of some roles. */
  public boolean hasOneOf(Set<Role> wanted) {
    for (Role role : wanted) {
      if (roles.contains(role)) {
        return true;
      }
    }
    return false;
  }

  /** Told apart from others when room is shared out; a key and a token may have the same name. */
  public String id() {
    return kind + " " + name;
  }
}
