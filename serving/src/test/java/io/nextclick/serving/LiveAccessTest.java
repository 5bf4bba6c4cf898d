// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.serving.access.KeyFile;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.access.Route;
import io.nextclick.serving.access.Route.Port;
import io.nextclick.serving.access.Routes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may do what, at a service with a broker and a model, over sockets. */
@Timeout(120)
class LiveAccessTest {

  private static final String CLICK = event("c", "click", "\"user\":\"known\",\"item\":\"i1\"");
  private static final String ITEM = event("i", "item", "\"item\":\"i1\"");
  private static final String ERASE = event("e", "erase", "\"user\":\"nobody\"");

  /** What asks for a route, and what one who may gets. */
  private record Call(String path, String body, int status) {}

  private static final Map<String, Call> CALLS =
      Map.ofEntries(
          Map.entry("GET /", new Call("/", "", 200)),
          Map.entry("GET /console.js", new Call("/console.js", "", 200)),
          Map.entry("GET /console.css", new Call("/console.css", "", 200)),
          Map.entry("GET /openapi.json", new Call("/openapi.json", "", 200)),
          Map.entry(
              "POST /v1/rank",
              new Call("/v1/rank", "{\"user\":\"u\",\"candidates\":[\"i1\"]}", 200)),
          Map.entry("POST /v1/events", new Call("/v1/events", CLICK, 202)),
          Map.entry("GET /v1/users/{user}", new Call("/v1/users/known", "", 200)),
          Map.entry("GET /v1/users/{user}/export", new Call("/v1/users/known/export", "", 200)),
          Map.entry("DELETE /v1/users/{user}", new Call("/v1/users/gone", "", 202)),
          Map.entry("GET /v1/items/{item}", new Call("/v1/items/i1", "", 200)),
          Map.entry("PUT /v1/items/{item}", new Call("/v1/items/i1", "{\"attributes\":{}}", 202)),
          Map.entry("GET /v1/models", new Call("/v1/models", "", 200)),
          Map.entry(
              "POST /v1/models/{name}/activate", new Call("/v1/models/shop/activate", "", 200)),
          Map.entry(
              "POST /v1/models/{name}/{version}/activate",
              new Call("/v1/models/shop/v1/activate", "", 200)),
          Map.entry(
              "PUT /v1/models/routing",
              new Call("/v1/models/routing", "{\"arms\":{\"shop/v1\":100}}", 200)),
          Map.entry("GET /ready", new Call("/ready", "", 200)),
          Map.entry("GET /healthcheck", new Call("/healthcheck", "", 200)),
          Map.entry("GET /ping", new Call("/ping", "", 200)),
          Map.entry("GET /metrics", new Call("/metrics", "", 200)),
          Map.entry("POST /tasks/{task}", new Call("/tasks/gc", "", 200)));

  private static String event(String id, String action, String rest) {
    return "{\"id\":\"%s\",\"action\":\"%s\",\"time\":%d,%s}"
        .formatted(id, action, System.currentTimeMillis(), rest);
  }

  @TempDir private static Path directory;
  private static Callers callers;
  private static NextclickServer server;
  private static Certificates authority;
  private static HttpClient http;
  private static HttpClient https;
  private static final int TLS = freePort();
  private static final int ADMIN_TLS = freePort();

  @BeforeAll
  static void start() throws Exception {
    callers = new Callers(directory);
    RandomModel.publish(directory.resolve("models"), "v1", 50, 1);
    String yaml =
        """
        kafka: {servers: embedded, port: 0, directory: "%s"}
        model: {directory: "%s", active: shop/v1, backend: vector}
        %s\
        """
            .formatted(directory.resolve("kafka"), directory.resolve("models"), callers.yaml());
    authority = Certificates.authority(directory, "authority");
    String tls =
        "type: https, bindHost: 127.0.0.1, keyStorePath: \"%s\", keyStorePassword: %s, trustStorePath: \"%s\", trustStorePassword: %s, wantClientAuth: true"
            .formatted(
                authority.server("server"),
                Certificates.PASSWORD,
                authority.trusted(),
                Certificates.PASSWORD);
    Path file = directory.resolve("nextclick.yml");
    Files.writeString(
        file,
        """
        store: {path: "%s", minFreeSpace: 1MiB}
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}, {%s, port: %d}]
          adminConnectors: [{type: http, port: 0}, {%s, port: %d}]
        %s
        """
            .formatted(directory.resolve("store"), tls, TLS, tls, ADMIN_TLS, yaml));
    server = NextclickServer.start(file);
    http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    https = client(null);
    await()
        .atMost(60, SECONDS)
        .until(() ->
            send("GET", Port.ADMIN, "/ready", "", null).body().contains("\"events\":\"taken\""));
    for (String first : List.of(CLICK, ITEM)) {
      String all = callers.add("first-" + first.hashCode(), EnumSet.allOf(Role.class), null);
      await()
          .atMost(10, SECONDS)
          .until(() ->
              send("POST", Port.APPLICATION, "/v1/events?wait=true", first, all).statusCode()
                  == 200);
    }
  }

  private static int freePort() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param certificate the key store of its certificate; null for none
   */
  private static HttpClient client(@Nullable Path certificate) throws Exception {
    return HttpClient.newBuilder()
        .connectTimeout(Duration.ofSeconds(10))
        .sslContext(authority.context(certificate))
        .build();
  }

  @AfterAll
  static void stop() throws Exception {
    https.close();
    http.close();
    server.close();
  }

  private static HttpResponse<String> send(
      String method, Port port, String path, String body, @Nullable String secret)
      throws IOException, InterruptedException {
    return send(method, port, path, body, secret, Map.of());
  }

  private static HttpResponse<String> send(
      String method,
      Port port,
      String path,
      String body,
      @Nullable String secret,
      Map<String, String> headers)
      throws IOException, InterruptedException {
    int number = port == Port.ADMIN ? server.adminPort() : server.port();
    return send(http, "http://127.0.0.1:" + number, method, path, body, secret, headers);
  }

  private static HttpResponse<String> send(
      HttpClient client,
      String base,
      String method,
      String path,
      String body,
      @Nullable String secret,
      Map<String, String> headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(Duration.ofSeconds(20))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    headers.forEach(request::header);
    if (!body.isEmpty() && !headers.containsKey("Content-Type")) {
      request.header("Content-Type", "application/json");
    }
    if (secret != null) {
      request.header("Authorization", "Bearer " + secret);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** All the ways of being somebody with a role, or nobody. */
  private static Map<String, Set<Role>> secrets() throws Exception {
    Map<String, Set<Role>> secrets = new LinkedHashMap<>();
    secrets.put("", Set.of());
    secrets.put("nonsense", Set.of());
    for (Role role : Role.values()) {
      secrets.put(callers.key(role), EnumSet.of(role));
      secrets.put(callers.token(role), EnumSet.of(role));
    }
    secrets.put(callers.add("expired", EnumSet.allOf(Role.class), Instant.now()), Set.of());
    String revoked = callers.add("revoked", EnumSet.allOf(Role.class), null);
    callers.file.revoke("revoked", null);
    secrets.put(revoked, Set.of());
    return secrets;
  }

  @Test
  void everyRoute_byEveryRoleAndByNobody_isAllowedOrNot() throws Exception {
    List<String> wrong = new ArrayList<>();
    Map<String, Set<Role>> secrets = secrets();
    for (Route route : Routes.ALL) {
      Call call = CALLS.get(route.method() + " " + route.template());
      assertThat(call).as("no call for " + route).isNotNull();
      secrets.forEach((secret, roles) -> {
        int expected =
            route.isPublic() || roles.stream().anyMatch(route.roles()::contains)
                ? call.status
                : roles.isEmpty() ? 401 : 403;
        try {
          String shown = secret.isEmpty() ? null : secret;
          boolean admin = route.port() == Port.ADMIN;
          List<HttpResponse<String>> answers =
              List.of(
                  send(route.method(), route.port(), call.path, call.body, shown),
                  send(
                      https,
                      "https://localhost:" + (admin ? ADMIN_TLS : TLS),
                      route.method(),
                      call.path,
                      call.body,
                      shown,
                      Map.of()));
          for (HttpResponse<String> answer : answers) {
            if (answer.statusCode() != expected) {
              wrong.add(
                  "%s %s by %s: %d, not %d: %s"
                      .formatted(
                          route.method(),
                          answer.uri(),
                          roles,
                          answer.statusCode(),
                          expected,
                          answer.body()));
            }
          }
        } catch (IOException e) {
          wrong.add(route + ": " + e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void clientCertificate_isACallerByItsName() throws Exception {
    String base = "https://localhost:" + TLS;
    try (HttpClient batch = client(authority.client("batch"));
        HttpClient stranger = client(authority.client("stranger"))) {
      for (String method : List.of("GET", "DELETE")) {
        assertThat(send(batch, base, method, "/v1/users/known", "", null, Map.of()).statusCode())
            .isEqualTo(method.equals("GET") ? 200 : 403);
        assertThat(send(stranger, base, method, "/v1/users/known", "", null, Map.of()).statusCode())
            .isEqualTo(401);
      }
    }
  }

  @Test
  void unknownPath_isNobodysBusinessButACallers() throws Exception {
    assertThat(send("GET", Port.APPLICATION, "/nope", "", null).statusCode()).isEqualTo(401);
    assertThat(send("GET", Port.APPLICATION, "/nope", "", callers.key(Role.RANK)).statusCode())
        .isEqualTo(404);
    for (String path : List.of("/v1/users/known/", "/v1/%75sers/known", "/v1;x/users/known")) {
      assertThat(send("GET", Port.APPLICATION, path, "", callers.key(Role.READ_USERS)).statusCode())
          .as(path)
          .isEqualTo(404);
    }
  }

  /** What has a route of its own takes its role, also as an event. */
  @Test
  void events_thatEraseOrDescribe_takeTheirRolesAsWell() throws Exception {
    String writer = callers.key(Role.WRITE_EVENTS);
    String both =
        callers.add("both", EnumSet.of(Role.WRITE_EVENTS, Role.ERASE, Role.CATALOGUE), null);
    await()
        .atMost(5, SECONDS)
        .until(() -> send("POST", Port.APPLICATION, "/v1/events", CLICK, both).statusCode() == 202);
    for (String sent : List.of(ERASE, ITEM)) {
      HttpResponse<String> refused = send("POST", Port.APPLICATION, "/v1/events", sent, writer);
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
      HttpResponse<String> taken = send("POST", Port.APPLICATION, "/v1/events", sent, both);
      assertThat(taken.statusCode()).as(taken.body()).isEqualTo(202);
    }
  }

  @Test
  void calls_thatChangeOrRead_areAudited() throws Exception {
    String reader = callers.key(Role.READ_USERS);
    HttpResponse<String> read =
        send(
            "GET", Port.APPLICATION, "/v1/users/kn%6Fwn", "", reader, Map.of("X-Request-Id", "r7"));
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.headers().firstValue("x-request-id")).contains("r7");
    send("DELETE", Port.APPLICATION, "/v1/users/known", "", reader); // 403

    Path log = directory.resolve("audit");
    await()
        .atMost(5, SECONDS)
        .untilAsserted(() -> {
          String lines = lines(log);
          assertThat(lines)
              .containsPattern("read-users.*\"GET\".*/v1/users/\\{user}.*200.*\"r7\"")
              .containsPattern("read-users.*\"DELETE\".*/v1/users/\\{user}.*403.*refused")
              .doesNotContain("known");
        });
  }

  private static String lines(Path log) throws IOException {
    StringBuilder lines = new StringBuilder();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(log, "*.jsonl*")) {
      for (Path file : files) {
        lines.append(Files.readString(file));
      }
    }
    return lines.toString();
  }

  @Test
  void answers_keepBrowsersInBounds() throws Exception {
    String admin = callers.key(Role.ADMIN);
    List<HttpResponse<String>> answers =
        List.of(
            send("GET", Port.APPLICATION, "/", "", null),
            send("GET", Port.APPLICATION, "//", "", null), // 400, by Jetty alone
            send("GET", Port.APPLICATION, "/nope", "", admin),
            send("GET", Port.ADMIN, "/ready", "", null),
            send("POST", Port.ADMIN, "/tasks/nope", "", admin));
    for (HttpResponse<String> answer : answers) {
      assertThat(answer.headers().map())
          .containsEntry("x-content-type-options", List.of("nosniff"))
          .containsEntry("x-frame-options", List.of("DENY"))
          .containsEntry("referrer-policy", List.of("no-referrer"));
      assertThat(answer.headers().firstValue("content-security-policy").orElse(""))
          .contains("default-src 'none'")
          .contains("frame-ancestors 'none'");
    }
    HttpResponse<String> user =
        send("GET", Port.APPLICATION, "/v1/users/known", "", callers.key(Role.READ_USERS));
    assertThat(user.headers().firstValue("cache-control")).contains("no-store");
    HttpResponse<String> nobody = send("GET", Port.APPLICATION, "/v1/users/known", "", null);
    assertThat(nobody.headers().firstValue("www-authenticate"))
        .contains("Bearer realm=\"nextclick\"");
  }

  @Test
  void pagesOfOtherOrigins_actForNobody() throws Exception {
    String admin = callers.key(Role.ADMIN);
    for (String origin : List.of("http://evil.example", "null", "http://127.0.0.1:1")) {
      assertThat(
              send("POST", Port.ADMIN, "/tasks/gc", "", admin, Map.of("Origin", origin))
                  .statusCode())
          .as(origin)
          .isEqualTo(403);
    }
    for (String type :
        List.of(
            "text/plain",
            "TEXT/PLAIN; charset=utf-8",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded")) {
      assertThat(
              send("POST", Port.ADMIN, "/tasks/gc", "x", admin, Map.of("Content-Type", type))
                  .statusCode())
          .as(type)
          .isEqualTo(415);
    }
    assertThat(
            send("GET", Port.ADMIN, "/metrics", "", admin, Map.of("Sec-Fetch-Site", "cross-site"))
                .statusCode())
        .isEqualTo(403);
    String own = "http://127.0.0.1:" + server.adminPort();
    assertThat(send("POST", Port.ADMIN, "/tasks/gc", "", admin, Map.of("Origin", own)).statusCode())
        .isEqualTo(200);
  }

  @Test
  void keys_rotatedUnderLoad_failNoRequest_andARevokedOneStops() throws Exception {
    KeyFile.Made old =
        callers.file.add("turned", EnumSet.of(Role.RANK), Instant.now(), null, new SecureRandom());
    AtomicReference<String> key = new AtomicReference<>(old.text());
    await().atMost(5, SECONDS).until(() -> rank(old.text()) == 200);
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger asked = new AtomicInteger();
    List<Integer> failed = new ArrayList<>();
    Thread load =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (!over.get()) {
                  int status = rank(key.get());
                  asked.incrementAndGet();
                  if (status != 200) {
                    failed.add(status);
                  }
                }
              } catch (IOException | InterruptedException e) {
                failed.add(0);
              }
            });
    KeyFile.Made young =
        callers.file.rotate(
            "turned", Instant.now(), Instant.now().plusSeconds(600), new SecureRandom());
    await().atMost(5, SECONDS).until(() -> rank(young.text()) == 200);
    key.set(young.text());
    int before = asked.get();
    await().until(() -> asked.get() > before + 1); // nobody uses the old one any more
    callers.file.revoke("turned", old.key().id());

    await().atMost(5, SECONDS).until(() -> rank(old.text()) == 401);
    over.set(true);
    load.join();
    assertThat(failed).isEmpty();
    assertThat(asked).hasPositiveValue();
  }

  private static int rank(String key) throws IOException, InterruptedException {
    Call call = CALLS.get("POST /v1/rank");
    return send("POST", Port.APPLICATION, call.path, call.body, key).statusCode();
  }
}
