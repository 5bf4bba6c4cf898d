// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import static io.nextclick.serving.access.Role.ADMIN;
import static io.nextclick.serving.access.Role.CATALOGUE;
import static io.nextclick.serving.access.Role.ERASE;
import static io.nextclick.serving.access.Role.MODELS;
import static io.nextclick.serving.access.Role.RANK;
import static io.nextclick.serving.access.Role.READ_USERS;
import static io.nextclick.serving.access.Role.WRITE_EVENTS;

import io.nextclick.serving.access.Route.Port;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every route with the role that it asks for. What stands not here is asked for in vain: on the
 * port for requests a resource without a route answers 403 to everybody, and on the admin port all
 * else takes the role admin.
 */
public final class Routes {

  private static final boolean AUDITED = true;

  /** The table. */
  public static final List<Route> ALL =
      List.of(
          open(Port.APPLICATION, "/"),
          open(Port.APPLICATION, "/console.js"),
          open(Port.APPLICATION, "/console.css"),
          open(Port.APPLICATION, "/openapi.json"),
          route("POST", "/v1/rank", Set.of(RANK), !AUDITED),
          route("POST", "/v1/events", Set.of(WRITE_EVENTS), AUDITED),
          route("GET", "/v1/users/{user}", Set.of(READ_USERS), AUDITED),
          route("GET", "/v1/users/{user}/export", Set.of(READ_USERS), AUDITED),
          route("DELETE", "/v1/users/{user}", Set.of(ERASE), AUDITED),
          route("GET", "/v1/items/{item}", Set.of(RANK, CATALOGUE), !AUDITED),
          route("PUT", "/v1/items/{item}", Set.of(CATALOGUE), AUDITED),
          route("GET", "/v1/models", Set.of(RANK, MODELS), !AUDITED),
          route("POST", "/v1/models/{name}/activate", Set.of(MODELS), AUDITED),
          route("POST", "/v1/models/{name}/{version}/activate", Set.of(MODELS), AUDITED),
          route("PUT", "/v1/models/routing", Set.of(MODELS), AUDITED),
          // Probes have no key, and what they are told names nobody.
          open(Port.ADMIN, "/ready"),
          open(Port.ADMIN, "/healthcheck"),
          open(Port.ADMIN, "/ping"),
          new Route(Port.ADMIN, "GET", "/metrics", Set.of(ADMIN), !AUDITED),
          new Route(Port.ADMIN, "POST", "/tasks/{task}", Set.of(ADMIN), AUDITED));

  /** Whatever else the admin port has. */
  static final Route OTHER_ADMIN = new Route(Port.ADMIN, "*", "/*", Set.of(ADMIN), AUDITED);

  private Routes() {}

  private static Route open(Port port, String path) {
    return new Route(port, "GET", path, Set.of(), !AUDITED);
  }

  private static Route route(String method, String template, Set<Role> roles, boolean audited) {
    return new Route(Port.APPLICATION, method, template, roles, audited);
  }

  /**
   * The route of a request.
   *
   * @param path raw, as it stands in the request line
   * @return null on the port for requests where there is none
   */
  public static @Nullable Route of(Port port, String method, String path) {
    String asked = method.equals("HEAD") ? "GET" : method;
    String[] segments = path.split("/", -1);
    for (Route route : ALL) {
      if (route.port() == port && route.method().equals(asked) && route.matches(segments)) {
        return route;
      }
    }
    return port == Port.ADMIN ? OTHER_ADMIN : null;
  }

  /** The route of a resource on the port for requests, by its template; null if it has none. */
  public static @Nullable Route ofTemplate(String method, String template) {
    String asked = method.equals("HEAD") ? "GET" : method;
    for (Route route : ALL) {
      if (route.port() == Port.APPLICATION
          && route.method().equals(asked)
          && route.template().equals(template)) {
        return route;
      }
    }
    return null;
  }
}
