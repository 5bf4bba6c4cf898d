// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded broker on a small file system of its own, which is full. */
class BrokenBrokerTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration SAID = Duration.ofSeconds(5);
  private static final String CLICK =
      "{\"id\":\"%s\",\"action\":\"click\",\"user\":\"ann\",\"item\":\"i1\",\"time\":1795341600000}";

  @TempDir private Path directory;

  private Path small = Path.of("");
  private boolean mounted;

  @BeforeEach
  void mountASmallFileSystem() throws Exception {
    small = Files.createDirectory(directory.resolve("small"));
    mounted = run("mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", small.toString());
    assumeTrue(mounted, "root may not mount a tmpfs here");
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      run("umount", "-l", small.toString());
    }
  }

  @Test
  void fullDiskOfTheLog_isSaid_rankingGoesOn_andTheBrokerComesBack() throws Exception {
    int port = freePort();
    RunningService service = start(port);
    try {
      await().atMost(SOON).until(() -> post(service, "e1").statusCode() == 202);
      breakTheLog(port);
      await()
          .atMost(SAID)
          .untilAsserted(() ->
              assertThat(service.admin("/ready").body())
                  .contains("BROKER_AWAY", "embedded broker failed", "disk full"));
      HttpResponse<String> health = service.admin("/healthcheck");
      assertThat(health.statusCode()).isEqualTo(500);
      assertThat(health.body()).contains("the log is gone", small.toString());
      assertThat(service.admin("/metrics").body())
          .contains("nextclick_ingest_state{state=\"broker_away\"} 1.0");
      assertThat(post(service, "e2").statusCode()).isEqualTo(503);
      assertThat(service.post("/v1/rank", "{\"user\":\"ann\",\"candidates\":[\"x\"]}").statusCode())
          .isEqualTo(200);

      Files.delete(small.resolve("filler"));
      await().atMost(SOON).until(() -> post(service, "e3").statusCode() == 202);
      await()
          .atMost(SOON)
          .untilAsserted(() -> {
            assertThat(service.get("/v1/users/ann").body()).contains("\"events\":2");
            assertThat(service.admin("/healthcheck").statusCode()).isEqualTo(200);
          });

      breakTheLog(port);
      await()
          .atMost(SAID)
          .until(() -> service.admin("/ready").body().contains("embedded broker failed"));
    } finally {
      assertTimeoutPreemptively(Duration.ofSeconds(40), service::close, "hangs while it stops");
    }
  }

  @Test
  void diskThatFillsUp_eventsAreRefusedBeforeTheLogBreaks() throws Exception {
    try (RunningService service = start(freePort())) {
      await().atMost(SOON).until(() -> post(service, "e1").statusCode() == 202);
      fill(1 << 20);
      await().atMost(SOON).until(() -> post(service, "e2").statusCode() == 503);
      assertThat(post(service, "e2").body()).contains("kafka.directory", "make room");
      assertThat(service.admin("/ready").body()).contains("make room");
      Files.delete(small.resolve("filler"));
      await().atMost(SOON).until(() -> post(service, "e2").statusCode() == 202);
    }
  }

  @Test
  void skip_whatIsNotDamaged_isRefusedWithTheReason() throws Exception {
    try (RunningService service = start(freePort())) {
      await().atMost(SOON).until(() -> post(service, "e1").statusCode() == 202);
      await()
          .atMost(SOON)
          .untilAsserted(() ->
              assertThat(skip(service, "partition=nextclick-events-0&from=0&to=0"))
                  .startsWith("Failed: nextclick-events-0 is not stopped by damage"));
      assertThat(skip(service, "partition=nextclick-events-7&from=0&to=0"))
          .contains("does not read nextclick-events-7");
      assertThat(skip(service, "partition=nextclick&from=0&to=0")).contains("partition=TOPIC-N");
      assertThat(skip(service, "partition=nextclick-events-0&from=0")).contains("to=OFFSET");
    }
  }

  private static String skip(RunningService service, String query) throws Exception {
    URI uri = URI.create("http://127.0.0.1:%d/tasks/skip?%s".formatted(service.adminPort(), query));
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(uri).POST(BodyPublishers.noBody()).build();
      return http.send(request, BodyHandlers.ofString()).body();
    }
  }

  private RunningService start(int port) throws Exception {
    String yaml =
        "kafka: {servers: embedded, port: %d, partitions: 1, directory: \"%s\"}"
            .formatted(port, small.resolve("kafka"));
    return RunningService.start(directory, yaml);
  }

  private static HttpResponse<String> post(RunningService service, String id) throws Exception {
    return service.post("/v1/events", CLICK.formatted(id));
  }

  /** Takes all room, and writes until the broker can do so no more. */
  private void breakTheLog(int port) throws IOException {
    fill(0);
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            "127.0.0.1:" + port,
            "enable.idempotence", // it would ask for its id while it is closed, for as long as the
            false, // broker is away
            "delivery.timeout.ms",
            1_000,
            "request.timeout.ms",
            1_000,
            "linger.ms",
            0);
    var producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    byte[] large = new byte[200_000];
    try {
      while (true) {
        producer
            .send(new ProducerRecord<>("nextclick-dead-letters", large))
            .get(5, TimeUnit.SECONDS);
      }
    } catch (Exception full) {
      // as it should be
    } finally {
      producer.close(Duration.ofSeconds(2));
    }
  }

  private void fill(long left) throws IOException {
    byte[] part = new byte[64 << 10];
    try (var out = Files.newOutputStream(small.resolve("filler"))) {
      while (Files.getFileStore(small).getUsableSpace() > left) {
        out.write(part);
      }
    } catch (IOException full) {
      // there is no more room
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private static boolean run(String... command) throws Exception {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false; // there is no such command
    }
  }
}
