// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.serving.cli.Nextclick;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bodies made to be costly, twelve at a time, to a service with a small heap. */
class HeavyBodiesTest {

  private static final int AT_ONCE = 12;
  private static final int BYTES = 4 << 20;
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  @TempDir private static Path directory;
  private static Process process;
  private static int port;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private enum Body {
    NEWLINES("POST", "/v1/events", "application/x-ndjson", "\n", ""),
    BAD_EVENTS("POST", "/v1/events", "application/x-ndjson", "{}\n", ""),
    LETTERS("POST", "/v1/events", "application/x-ndjson", "a\n", ""),
    CANDIDATES(
        "POST", "/v1/rank", "application/json", "\"a\",", "{\"user\":\"u\",\"candidates\":["),
    COLLIDING_NAMES("PUT", "/v1/items/i", "application/json", null, "{\"attributes\":{");

    private final String method;
    private final String path;
    private final String type;
    private final byte[] bytes;

    Body(String method, String path, String type, String part, String start) {
      this.method = method;
      this.path = path;
      this.type = type;
      String parts = part == null ? colliding() : part.repeat((BYTES - 100) / part.length());
      this.bytes = (start + parts).getBytes(StandardCharsets.US_ASCII);
    }

    /** 2^16 names of one hash code. */
    private static String colliding() {
      return IntStream.range(0, 1 << 16)
          .mapToObj(i ->
              IntStream.range(0, 16)
                  .mapToObj(bit -> (i >> bit & 1) == 0 ? "Aa" : "BB")
                  .collect(Collectors.joining("", "\"", "\":1")))
          .collect(Collectors.joining(","));
    }
  }

  @BeforeAll
  static void start() throws Exception {
    port = LiveAnswersTest.freePort();
    int admin = LiveAnswersTest.freePort();
    Path file = directory.resolve("nextclick.yml");
    Files.writeString(
        file,
        """
        store: {path: "%s", minFreeSpace: 1MiB}
        kafka: none
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
          adminConnectors: [{type: http, port: %d}]
        """
            .formatted(directory.resolve("store"), port, admin));
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+ExitOnOutOfMemoryError",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Nextclick.class.getName(),
                "serve",
                "--config",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("child.log").toFile())
            .start();
    await().atMost(60, SECONDS).ignoreExceptions().until(() -> rank() == 200);
  }

  @AfterAll
  static void stop() throws Exception {
    process.destroyForcibly().waitFor();
    HTTP.close();
  }

  @ParameterizedTest
  @EnumSource
  void bodies_twelveAtOnce_othersAreRankedInTimeAndNothingDies(Body body) throws Exception {
    List<CompletableFuture<Integer>> heavy = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      heavy.add(
          HTTP.sendAsync(request(body), BodyHandlers.discarding())
              .thenApply(response -> response.statusCode()));
    }
    CompletableFuture<Void> all = CompletableFuture.allOf(heavy.toArray(CompletableFuture[]::new));
    int ranked = 0;
    while (ranked < 10 || !all.isDone()) {
      assertThat(rank()).isEqualTo(200);
      ranked++;
    }

    for (CompletableFuture<Integer> answer : heavy) {
      assertThat(answer.join()).isIn(400, 503);
    }
    assertThat(process.isAlive()).isTrue();
    assertThat(Files.readString(directory.resolve("child.log")))
        .doesNotContain("OutOfMemory", "error id");
  }

  private static HttpRequest request(Body body) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + body.path))
        .header("Content-Type", body.type)
        .method(body.method, BodyPublishers.ofByteArray(body.bytes))
        .build();
  }

  /** Fails after the deadline of a request. */
  private static int rank() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/rank"))
            .header("Content-Type", "application/json")
            .timeout(DEADLINE)
            .POST(BodyPublishers.ofString("{\"user\":\"u\",\"candidates\":[\"a\",\"b\"]}"))
            .build();
    return HTTP.send(request, BodyHandlers.discarding()).statusCode();
  }
}
