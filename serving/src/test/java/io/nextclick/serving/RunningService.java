// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The real service on free ports, with its files below a directory of the test's. Whatever it
 * answers must be as {@code openapi.json} says.
 */
final class RunningService implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final NextclickServer server;

  private RunningService(NextclickServer server) {
    this.server = server;
  }

  /**
   * @param yaml added to the configuration
   */
  static RunningService start(Path directory, String yaml) throws Exception {
    return new RunningService(NextclickServer.start(configuration(directory, yaml)));
  }

  /**
   * @param yaml added to the configuration
   * @param store added to its section {@code store}
   */
  static RunningService start(Path directory, String yaml, String store) throws Exception {
    return of(NextclickServer.start(configuration(directory, yaml, store)));
  }

  /** A client of a service that runs. */
  static RunningService of(NextclickServer server) {
    return new RunningService(server);
  }

  static Path configuration(Path directory, String yaml) throws IOException {
    return configuration(directory, yaml, "syncInterval: 5s");
  }

  static Path configuration(Path directory, String yaml, String store) throws IOException {
    Path file = directory.resolve("nextclick.yml");
    Files.writeString(
        file,
        """
        store: {path: "%s", %s}
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
          adminConnectors: [{type: http, port: 0}]
        %s
        """
            .formatted(
                directory.resolve("store"),
                store.contains("minFreeSpace") ? store : "minFreeSpace: 1MiB, " + store,
                yaml));
    return file;
  }

  int port() {
    return server.port();
  }

  int adminPort() {
    return server.adminPort();
  }

  HttpResponse<String> get(String path) throws Exception {
    return send("GET", path, BodyPublishers.noBody());
  }

  HttpResponse<String> admin(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.adminPort() + path);
    return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String body) throws Exception {
    return send("POST", path, BodyPublishers.ofString(body), "Content-Type", "application/json");
  }

  HttpResponse<String> send(String method, String path, BodyPublisher body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .timeout(Duration.ofSeconds(20))
            .method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
    ApiDescription.require(method, path, response);
    return response;
  }

  static JsonNode json(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body());
  }

  @Override
  public void close() throws Exception {
    http.close();
    server.close();
  }
}
