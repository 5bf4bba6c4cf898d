// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.serving.cli.Nextclick;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service behind a load balancer is told to stop while requests come: none is lost. */
@Timeout(120)
class DrainTest {

  private static final int CLIENTS = 4;
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger answered = new AtomicInteger();
  private final Queue<String> lost = new ConcurrentLinkedQueue<>();
  private volatile boolean sending = true; // what a load balancer has learnt from /ready

  @Test
  void sigterm_underLoad_losesNoRequest_andReadyIsRedFirst() throws Exception {
    int port = freePort();
    int adminPort = freePort();
    Process service = start(port, adminPort);
    try {
      await().atMost(SOON).until(() -> ready(adminPort));
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(Thread.ofVirtual().start(() -> send(port)));
      }
      await().atMost(SOON).until(() -> answered.get() > 200);

      service.destroy(); // SIGTERM
      await().atMost(SOON).pollInterval(Duration.ofMillis(100)).until(() -> !ready(adminPort));
      int whenRed = answered.get();
      await() // it still answers
          .atMost(SOON)
          .until(() -> !lost.isEmpty() || answered.get() > whenRed + 20);
      sending = false;
      for (Thread client : clients) {
        client.join();
      }

      assertThat(lost).isEmpty();
      assertThat(service.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(service.exitValue()).isZero();
    } finally {
      service.destroyForcibly().waitFor();
    }
  }

  private void send(int port) {
    HttpRequest rank =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/rank"))
            .timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{\"user\":\"ann\",\"candidates\":[\"a\",\"b\"]}"))
            .build();
    while (sending && lost.size() < 10) {
      try {
        int status = http.send(rank, BodyHandlers.ofString()).statusCode();
        if (status == 200) {
          answered.incrementAndGet();
        } else {
          lost.add("status " + status);
        }
      } catch (IOException e) {
        lost.add(e.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private boolean ready(int adminPort) throws InterruptedException {
    try {
      URI uri = URI.create("http://127.0.0.1:" + adminPort + "/ready");
      HttpRequest ask = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build();
      return http.send(ask, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException notThere) {
      return false;
    }
  }

  private Process start(int port, int adminPort) throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("nextclick.yml"),
            """
            store: {path: "%s"}
            kafka: none
            requests: {drain: 3s, maxWaiting: 1000, maxWait: 5s}
            server:
              applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
              adminConnectors: [{type: http, port: %d}]
            """
                .formatted(directory.resolve("store"), port, adminPort));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Nextclick.class.getName(),
                "serve",
                "--config",
                config.toString())
            .redirectErrorStream(true)
            .start();
    Thread.ofVirtual().start(() -> drainOutput(process));
    return process;
  }

  private static void drainOutput(Process process) {
    try (BufferedReader lines = process.inputReader()) {
      lines.lines().forEach(System.out::println);
    } catch (IOException | UncheckedIOException ended) {
      System.out.println("the service's output ended: " + ended);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0)) {
      return probe.getLocalPort();
    }
  }
}
