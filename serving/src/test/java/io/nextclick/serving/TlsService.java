// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The real service on free ports that speak TLS: HTTP/2 for requests, HTTP/1.1 for the admin. */
final class TlsService implements AutoCloseable {

  static final String RANK = "{\"user\":\"ann\",\"candidates\":[\"a\",\"b\"]}";

  private final NextclickServer server;

  private TlsService(NextclickServer server) {
    this.server = server;
  }

  /**
   * Starts it.
   *
   * @param keys the key store of both ports
   * @param connector added to the settings of the port for requests
   * @param requests the section of that name
   */
  static TlsService start(Path directory, Path keys, String connector, String requests)
      throws Exception {
    return new TlsService(
        NextclickServer.start(configuration(directory, keys, connector, requests)));
  }

  static Path configuration(Path directory, Path keys, String connector, String requests)
      throws IOException {
    String store = "keyStorePath: \"%s\", keyStorePassword: changeit".formatted(keys);
    return Files.writeString(
        directory.resolve("tls.yml"),
        """
        store: {path: "%s", minFreeSpace: 1MiB}
        kafka: none
        requests: {%s}
        server:
          applicationConnectors:
            - {type: h2, bindHost: 127.0.0.1, port: 0, %s}
          adminConnectors:
            - {type: https, port: 0, %s}
        """
            .formatted(
                directory.resolve("store"),
                requests,
                connector.isEmpty() ? store : store + ", " + connector,
                store));
  }

  int port() {
    return server.port();
  }

  String url() {
    return server.url();
  }

  HttpResponse<String> rank(HttpClient http) throws IOException, InterruptedException {
    return http.send(post("/v1/rank", RANK), BodyHandlers.ofString());
  }

  HttpRequest post(String path, String body) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port() + path))
        .timeout(Duration.ofSeconds(20))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  HttpResponse<String> admin(HttpClient http, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("https://127.0.0.1:" + server.adminPort() + path);
    return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  @Override
  public void close() throws Exception {
    server.close();
  }
}
