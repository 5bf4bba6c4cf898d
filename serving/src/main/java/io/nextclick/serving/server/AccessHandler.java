// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.nextclick.serving.access.Access;
import io.nextclick.serving.access.Caller;
import io.nextclick.serving.access.CallerLimits;
import io.nextclick.serving.access.LimitReachedException;
import io.nextclick.serving.access.Login;
import io.nextclick.serving.access.Login.Reason;
import io.nextclick.serving.access.Route;
import io.nextclick.serving.access.Route.Port;
import io.nextclick.serving.access.Routes;
import io.nextclick.serving.metrics.AccessMetrics;
import io.nextclick.serving.resources.ProblemResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Lets in who may do what is asked for: on both ports, and before a body is read. A route that the
 * table does not have is let in for any known caller, to be told that there is nothing.
 */
public final class AccessHandler extends Handler.Wrapper {

  private static final String ADMIN = "admin";
  private static final String CHALLENGE = "Bearer realm=\"nextclick\"";
  private static final InetAddress NOWHERE = InetAddress.getLoopbackAddress();

  private final Access access;
  private final CallerLimits limits;
  private final AuditTrail audit;
  private final AccessMetrics metrics;

  public AccessHandler(
      Access access, CallerLimits limits, AuditTrail audit, AccessMetrics metrics) {
    this.access = access;
    this.limits = limits;
    this.audit = audit;
    this.metrics = metrics;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    Port port =
        ADMIN.equals(request.getConnectionMetaData().getConnector().getName())
            ? Port.ADMIN
            : Port.APPLICATION;
    Route route = Routes.of(port, request.getMethod(), request.getHttpURI().getPath());
    if (route != null) {
      request.setAttribute(Route.ATTRIBUTE, route);
    }
    if (route != null && route.isPublic()) {
      return super.handle(request, response, callback);
    }
    List<String> shown = request.getHeaders().getValuesList(HttpHeader.AUTHORIZATION);
    Login login =
        access.login(
            shown.isEmpty() ? null : shown.size() == 1 ? shown.getFirst() : "",
            ClientCertificate.of(request),
            address(request));
    if (login instanceof Login.Refused refused) {
      metrics.refused(refused.reason());
      problem(refused).write(request, response, callback);
      return true;
    }
    return admit(((Login.Known) login).caller(), route, request, response, callback);
  }

  private boolean admit(
      Caller caller, @Nullable Route route, Request request, Response response, Callback callback)
      throws Exception {
    if (route != null && !caller.hasOneOf(route.roles())) {
      metrics.forbidden();
      if (route.audited()) {
        String id = audit.begin(request, response);
        audit.end(request, id, route, caller, HttpStatus.FORBIDDEN_403);
      }
      ProblemResponse.of(HttpStatus.FORBIDDEN_403, forbidden(route))
          .write(request, response, callback);
      return true;
    }
    Runnable leave;
    try {
      leave = limits.enter(caller);
    } catch (LimitReachedException e) {
      ProblemResponse.retryAfter(
              HttpStatus.TOO_MANY_REQUESTS_429,
              e.retryAfterSeconds(),
              String.valueOf(e.getMessage()))
          .write(request, response, callback);
      return true;
    }
    request.setAttribute(Caller.ATTRIBUTE, caller);
    Request.addCompletionListener(request, failure -> leave.run());
    if (route != null && route.audited()) {
      String id = audit.begin(request, response);
      Request.addCompletionListener(
          request, failure -> audit.end(request, id, route, caller, response.getStatus()));
    }
    return super.handle(request, response, callback);
  }

  private static String forbidden(Route route) {
    String roles =
        String.join(" or ", route.roles().stream().map(r -> r.label()).sorted().toList());
    return "This takes the role " + roles + ", which this caller does not have";
  }

  private static ProblemResponse problem(Login.Refused refused) {
    return switch (refused.reason()) {
      case NO_CREDENTIALS, BAD_CREDENTIALS ->
          ProblemResponse.of(HttpStatus.UNAUTHORIZED_401, refused.detail())
              .with(HttpHeader.WWW_AUTHENTICATE, challenge(refused.reason()));
      case SLOWED ->
          ProblemResponse.retryAfter(
              HttpStatus.TOO_MANY_REQUESTS_429, refused.retryAfterSeconds(), refused.detail());
      case UNAVAILABLE -> ProblemResponse.retryAfter(refused.retryAfterSeconds(), refused.detail());
    };
  }

  /** As RFC 6750, section 3, has it. */
  private static String challenge(Reason reason) {
    return reason == Reason.NO_CREDENTIALS ? CHALLENGE : CHALLENGE + ", error=\"invalid_token\"";
  }

  private static InetAddress address(Request request) {
    return request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress at
            && at.getAddress() != null
        ? at.getAddress()
        : NOWHERE;
  }
}
