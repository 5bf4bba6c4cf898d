// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import java.util.Set;

/**
 * One thing that can be asked for.
 *
 * @param port where
 * @param method such as GET, which stands for HEAD as well
 * @param template its path, such as {@code /v1/users/{user}}
 * @param roles one of which is needed; none where everybody may
 * @param audited whether each call leaves a line in the audit log
 */
public record Route(Port port, String method, String template, Set<Role> roles, boolean audited) {

  /** Where the route of a request is kept in it. */
  public static final String ATTRIBUTE = Route.class.getName();

  private static final String USER = "{user}";

  /** The service's two ports, by the names of their connectors. */
  public enum Port {
    /** For requests. */
    APPLICATION,
    /** For operators. */
    ADMIN
  }

  public Route {
    roles = Set.copyOf(roles);
  }

  /** Whether everybody may. */
  public boolean isPublic() {
    return roles.isEmpty();
  }

  boolean matches(String[] segments) {
    String[] own = template.split("/", -1);
    if (own.length != segments.length) {
      return false;
    }
    for (int i = 0; i < own.length; i++) {
      boolean fits = own[i].startsWith("{") ? !segments[i].isEmpty() : own[i].equals(segments[i]);
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  /** Which segment of the path names a user; -1 if none does. */
  public int userSegment() {
    String[] own = template.split("/", -1);
    for (int i = 0; i < own.length; i++) {
      if (own[i].equals(USER)) {
        return i;
      }
    }
    return -1;
  }
}
