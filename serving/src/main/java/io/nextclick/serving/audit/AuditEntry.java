// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import java.time.Instant;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One call that changed something, or read a user's data.
 *
 * @param time of its answer
 * @param caller the name of the key, the subject of the token, the name of the certificate, or
 *     {@link #ANONYMOUS}
 * @param roles of the caller
 * @param method of HTTP
 * @param route the template, such as {@code /v1/users/{user}}: a path may hold a user's id
 * @param user whose data it was, in clear; the log writes a keyed hash. Null for no single user
 * @param status of HTTP
 * @param outcome what came of it, see {@link #outcome}
 * @param requestId as the answer names it; null without one
 * @param address of the client
 */
public record AuditEntry(
    Instant time,
    String caller,
    Set<String> roles,
    String method,
    String route,
    @Nullable String user,
    int status,
    String outcome,
    @Nullable String requestId,
    String address) {

  /** The caller who showed no credentials. */
  public static final String ANONYMOUS = "anonymous";

  private static final int MAX_TEXT = 256;
  private static final int MAX_ROLES = 16;

  /** Longer texts are cut, and end in three dots; further roles than {@value #MAX_ROLES} go. */
  public AuditEntry {
    caller = bounded(caller);
    roles = bounded(roles);
    method = bounded(method);
    route = bounded(route);
    outcome = bounded(outcome);
    requestId = requestId == null ? null : bounded(requestId);
    address = bounded(address);
  }

  /** The word for a status: {@code done}, {@code refused} or {@code failed}. */
  public static String outcome(int status) {
    return status < 400 ? "done" : status < 500 ? "refused" : "failed";
  }

  private static Set<String> bounded(Set<String> roles) {
    return roles.stream()
        .sorted()
        .limit(MAX_ROLES)
        .map(AuditEntry::bounded)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static String bounded(String text) {
    if (text.length() <= MAX_TEXT) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(MAX_TEXT - 1)) ? MAX_TEXT - 1 : MAX_TEXT;
    return text.substring(0, end) + "...";
  }

  /** Without the user: what is printed may end in a log. */
  @Override
  public String toString() {
    return "AuditEntry[%s %s by %s: %d]".formatted(method, route, caller, status);
  }
}
