// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.access.Caller;
import io.nextclick.serving.access.Route;
import io.nextclick.serving.access.Routes;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import java.util.List;
import org.glassfish.jersey.server.ExtendedUriInfo;
import org.glassfish.jersey.uri.UriTemplate;

/**
 * Asks the table of routes again, by the resource that was found: a path that Jersey takes for a
 * route, and the handler in front of it did not, leads nowhere.
 */
@Priority(Priorities.AUTHORIZATION)
public final class RouteFilter implements ContainerRequestFilter {

  @Override
  public void filter(ContainerRequestContext request) {
    if (request.getMethod().equals("OPTIONS")) {
      return; // it tells which methods there are
    }
    String template = template((ExtendedUriInfo) request.getUriInfo());
    Route route = Routes.ofTemplate(request.getMethod(), template);
    if (route == null) {
      throw new ProblemException(Problem.of(403, "This route has no role yet: nobody may"));
    }
    if (!route.equals(request.getProperty(Route.ATTRIBUTE))) {
      throw new ProblemException(Problem.of(404, ProblemMapper.detail(404)));
    }
    if (route.isPublic()) {
      return;
    }
    if (!(request.getProperty(Caller.ATTRIBUTE) instanceof Caller caller)
        || !caller.hasOneOf(route.roles())) {
      throw new ProblemException(Problem.of(403, "This caller has no role for this route"));
    }
    request.setSecurityContext(new Known(caller, request.getSecurityContext().isSecure()));
  }

  /** Whom the filter let in. */
  static Caller caller(SecurityContext context) {
    if (context.getUserPrincipal() instanceof Caller caller) {
      return caller;
    }
    throw new IllegalStateException("nobody was asked");
  }

  /** Such as {@code /v1/models/{name}/activate}. */
  private static String template(ExtendedUriInfo uri) {
    StringBuilder whole = new StringBuilder();
    List<UriTemplate> parts = uri.getMatchedTemplates().reversed();
    for (UriTemplate part : parts) {
      String text = part.getTemplate();
      if (!text.equals("/")) {
        whole.append(text);
      }
    }
    return whole.isEmpty() ? "/" : whole.toString();
  }

  private record Known(Caller caller, boolean secure) implements SecurityContext {
    @Override
    public Principal getUserPrincipal() {
      return caller;
    }

    @Override
    public boolean isUserInRole(String role) {
      return caller.roles().stream().anyMatch(own -> own.label().equals(role));
    }

    @Override
    public boolean isSecure() {
      return secure;
    }

    @Override
    public String getAuthenticationScheme() {
      return caller.kind().name();
    }
  }
}
