// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.nextclick.serving.access.Route.Port;
import io.nextclick.serving.resources.RankResource;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RoutesTest {

  /** A resource that is added without a role fails here; and at run time nobody may call it. */
  @Test
  void table_hasEveryRouteOfTheResources() {
    TreeSet<String> implemented = new TreeSet<>();
    for (JavaClass type :
        new ClassFileImporter().importPackages(RankResource.class.getPackageName())) {
      Class<?> resource = type.reflect();
      Path root = resource.getAnnotation(Path.class);
      if (root != null) {
        for (Method method : resource.getDeclaredMethods()) {
          add(root.value(), method, implemented);
        }
      }
    }
    TreeSet<String> table = new TreeSet<>();
    for (Route route : Routes.ALL) {
      if (route.port() == Port.APPLICATION) {
        table.add(route.method() + " " + route.template());
      }
    }

    assertThat(implemented).hasSizeGreaterThan(10).isEqualTo(table);
  }

  private static void add(String root, Method method, TreeSet<String> routes) {
    for (Annotation annotation : method.getAnnotations()) {
      HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
      if (verb != null) {
        Path own = method.getAnnotation(Path.class);
        String rest =
            own == null ? "" : own.value().startsWith("/") ? own.value() : "/" + own.value();
        routes.add(verb.value() + " " + (root.equals("/") && own != null ? rest : root + rest));
      }
    }
  }

  @Test
  void of_paths_findTheirRoutes() {
    assertThat(template("GET", "/v1/users/a%2Fb")).isEqualTo("/v1/users/{user}");
    assertThat(template("HEAD", "/v1/models")).isEqualTo("/v1/models");
    assertThat(template("POST", "/v1/models/a/activate")).isEqualTo("/v1/models/{name}/activate");
    for (String none :
        new String[] {
          "/v1/users/", "/v1/users/a/", "/v1//rank", "/V1/rank", "/v1/rank;x", "", "*"
        }) {
      assertThat(Routes.of(Port.APPLICATION, "GET", none)).as(none).isNull();
    }
  }

  private static String template(String method, String path) {
    Route route = Routes.of(Port.APPLICATION, method, path);
    return route == null ? "none" : route.template();
  }

  @Test
  void of_adminPort_allThatIsNotForProbesTakesTheRole() {
    for (String path : new String[] {"/metrics", "/threads", "/tasks/x/y", "/ready/", "//ready"}) {
      Route route = Routes.of(Port.ADMIN, "GET", path);
      assertThat(route).as(path).isNotNull();
      assertThat(route.roles()).containsOnly(Role.ADMIN);
    }
  }
}
