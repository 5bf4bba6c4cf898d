// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.serving.cli.Nextclick;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real service as a process of its own, on ports that stay the same over its deaths. */
final class ServiceProcess implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  private final Path directory;
  private final int port = freePort();
  private final int adminPort = freePort();
  private Process process;

  /**
   * @param kafka the value of the section {@code kafka}
   */
  ServiceProcess(Path directory, String kafka) throws IOException {
    this(directory, directory.resolve("store"), kafka, "");
  }

  /**
   * @param kafka the value of the section {@code kafka}
   * @param sections further sections of the configuration
   */
  ServiceProcess(Path directory, Path store, String kafka, String sections) throws IOException {
    this.directory = Files.createDirectories(directory);
    Files.writeString(
        directory.resolve("nextclick.yml"),
        """
        store: {path: "%s", minFreeSpace: 1MiB}
        kafka: %s
        ranking: {refitInterval: 5s}
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
          adminConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
        %s
        """
            .formatted(store, kafka, port, adminPort, sections));
  }

  static int freePort() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it and returns at once. */
  void start() throws IOException {
    start(List.of());
  }

  /** The same with few files that it may have open at once. */
  void startWithFiles(int limit) throws IOException {
    start(List.of("sh", "-c", "ulimit -n " + limit + "; exec \"$@\"", "sh"));
  }

  private void start(List<String> before) throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx400m",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dorg.jboss.logging.provider=slf4j",
            "--add-opens=java.base/java.io=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Nextclick.class.getName(),
            "serve",
            "--config",
            directory.resolve("nextclick.yml").toString()));
    process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("printed").toFile()))
            .start();
  }

  boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** SIGKILL, and waits for the end. */
  void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  /** SIGTERM, and waits for the end. */
  void stop() throws InterruptedException {
    if (process != null) {
      process.destroy();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        kill();
        throw new IllegalStateException("the service did not stop");
      }
    }
  }

  /** What it printed so far. */
  String printed() throws IOException {
    return Files.readString(directory.resolve("printed"));
  }

  HttpResponse<String> rank(String user) throws IOException, InterruptedException {
    return send(
        port, "POST", "/v1/rank", "{\"user\":\"%s\",\"candidates\":[\"i\"]}".formatted(user));
  }

  int port() {
    return port;
  }

  int adminPort() {
    return adminPort;
  }

  /** Sends one event, and waits until it is folded. */
  HttpResponse<String> event(String json) throws IOException, InterruptedException {
    return send(port, "POST", "/v1/events?wait=true", json);
  }

  /** Sends events, one a line, and waits until they are folded. */
  HttpResponse<String> events(String lines) throws IOException, InterruptedException {
    return send(port, "POST", "/v1/events?wait=true", "application/x-ndjson", lines);
  }

  HttpResponse<String> user(String method, String user, String query)
      throws IOException, InterruptedException {
    return send(port, method, "/v1/users/" + user + query, "");
  }

  HttpResponse<String> admin(String path) throws IOException, InterruptedException {
    return send(adminPort, "GET", path, "");
  }

  HttpResponse<String> task(String pathAndQuery) throws IOException, InterruptedException {
    return send(adminPort, "POST", pathAndQuery, "");
  }

  private static HttpResponse<String> send(int port, String method, String path, String body)
      throws IOException, InterruptedException {
    return send(port, method, path, "application/json", body);
  }

  private static HttpResponse<String> send(
      int port, String method, String path, String type, String body)
      throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", type)
            .method(method, BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  static JsonNode json(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body());
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
