// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.nextclick.serving.access.Caller;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.access.Route;
import io.nextclick.serving.audit.AuditEntry;
import io.nextclick.serving.audit.AuditLog;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.UUID;
import java.util.stream.Collectors;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.URIUtil;
import org.jspecify.annotations.Nullable;

/**
 * What a request leaves in the audit log: who called which route, about whom, and what came of it.
 */
public final class AuditTrail {

  /** Names a call, in the request, in its answer and in the log. */
  static final String REQUEST_ID = "X-Request-Id";

  private static final String IDS = "[A-Za-z0-9._-]{1,64}";

  private final AuditLog log;
  private final InstantSource clock;

  public AuditTrail(AuditLog log, InstantSource clock) {
    this.log = log;
    this.clock = clock;
  }

  /** Gives the call a name, or takes the one that it came with. */
  String begin(Request request, Response response) {
    String given = request.getHeaders().get(REQUEST_ID);
    String id = given != null && given.matches(IDS) ? given : UUID.randomUUID().toString();
    response.getHeaders().put(REQUEST_ID, id);
    return id;
  }

  /** The call has ended. */
  void end(Request request, String id, Route route, Caller caller, int status) {
    log.append(
        new AuditEntry(
            clock.instant(),
            caller.name(),
            caller.roles().stream().map(Role::label).collect(Collectors.toSet()),
            request.getMethod(),
            route.template(),
            user(request, route),
            status,
            AuditEntry.outcome(status),
            id,
            address(request)));
  }

  private static @Nullable String user(Request request, Route route) {
    int at = route.userSegment();
    String[] segments = request.getHttpURI().getPath().split("/", -1);
    if (at < 0 || at >= segments.length) {
      return null;
    }
    try {
      return URIUtil.decodePath(segments[at].replace(";", "%3B"));
    } catch (IllegalArgumentException e) {
      return null; // no id, which the answer says too
    }
  }

  private static String address(Request request) {
    return request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress at
            && at.getAddress() != null
        ? at.getAddress().getHostAddress()
        : "";
  }
}
