// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Clients that send little, late or never, over sockets; the others must not notice. */
class SlowClientTest {

  private static final String RANK = "{\"user\":\"a\",\"candidates\":[\"x\"]}";
  private static final int MANY = 1_100; // more than there are threads

  @TempDir private static Path directory;
  private static RunningService service;
  private static final ListAppender<ILoggingEvent> LOGGED = new ListAppender<>();

  @BeforeAll
  static void start() throws Exception {
    service =
        RunningService.start(
            directory,
            """
            kafka: none
            requests: {maxHeaderTime: 2s, maxFirstByteTime: 3s}\
            """);
    LOGGED.start(); // the start sets logging up anew
    root().addAppender(LOGGED);
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    root().detachAppender(LOGGED);
  }

  /** Without the limit the request would stay open for as long as a byte comes now and then. */
  @Test
  void body_thatDrips_isDropped() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      assertThat(drip(socket, head(1_000), 100)).startsWith("HTTP/1.1 408");
      socket.setSoTimeout(10_000);
      assertThat(socket.getInputStream().read()).as("the connection ends").isNegative();
    }
  }

  /** At 512 bytes per second, half a second without a byte is too long for so few of them. */
  @Test
  void body_inTwoPartsWithAPause_isAnswered() throws Exception {
    byte[] body = RANK.getBytes(StandardCharsets.US_ASCII);
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(head(body.length));
      out.write(body, 0, 10);
      out.flush();
      Thread.sleep(500);
      out.write(body, 10, body.length - 10);
      out.flush();
      assertThat(status(socket)).isEqualTo("HTTP/1.1 200");
    }
  }

  @Test
  void bodiesThatNeverCome_moreThanThereAreThreads_keepNobodyWaiting() throws Exception {
    int threads = Thread.activeCount();
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < MANY; i++) {
        Socket socket = new Socket("127.0.0.1", service.port());
        slow.add(socket);
        socket.getOutputStream().write(head(1_000));
        if (i % 2 == 0) {
          socket.getOutputStream().write('{');
        }
      }
      int busy = Thread.activeCount() - threads;
      for (int i = 0; i < 50; i++) {
        long start = System.nanoTime();
        assertThat(service.post("/v1/rank", RANK).statusCode()).isEqualTo(200);
        assertThat(System.nanoTime() - start).isLessThan(SECONDS.toNanos(2));
      }

      assertThat(busy).as("threads that wait with them").isLessThan(200);
      for (Socket socket : slow) {
        assertThat(status(socket)).isEqualTo("HTTP/1.1 408");
      }
    } finally {
      close(slow);
    }
    assertThat(metric("nextclick_clients_turned_away_total{reason=\"slow-body\"}"))
        .isGreaterThanOrEqualTo(MANY);
    assertThat(LOGGED.list)
        .filteredOn(line -> line.getFormattedMessage().contains("turned away"))
        .hasSizeBetween(1, 2);
    assertThat(LOGGED.list).allMatch(line -> line.getThrowableProxy() == null);
  }

  @Test
  void headersThatDrip_areClosedAfterTheirTime() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) {
        Socket socket = new Socket("127.0.0.1", service.port());
        slow.add(socket);
        assertThat(sends(socket, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ")).isTrue();
      }
      long start = System.nanoTime();
      await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .atMost(10, SECONDS)
          .until(() -> {
            slow.removeIf(socket -> !sends(socket, "a"));
            return slow.isEmpty();
          });
      assertThat(System.nanoTime() - start).isLessThan(SECONDS.toNanos(6));
    } finally {
      close(slow);
    }
  }

  /** The first request was answered: what drips is the second one. */
  @Test
  void headersThatDrip_onAConnectionThatWasInUse_areClosedToo() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(status(socket)).isEqualTo("HTTP/1.1 200");
      await().atMost(10, SECONDS).until(() -> !sends(socket, "G"));
    }
  }

  /** Each asks for more than fits between two sockets, and reads none of it. */
  @Test
  void answersThatAreNotRead_holdNoThread() throws Exception {
    byte[] requests =
        "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
            .repeat(100)
            .getBytes(StandardCharsets.US_ASCII);
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 60; i++) {
        Socket socket = new Socket();
        slow.add(socket);
        socket.setReceiveBufferSize(4_096);
        socket.connect(new InetSocketAddress("127.0.0.1", service.port()));
        socket.getOutputStream().write(requests);
      }
      await()
          .atMost(20, SECONDS)
          .untilAsserted(() ->
              assertThat(metric("nextclick_requests_memory_bytes")).isGreaterThan(40 * 20_000));
      await().atMost(20, SECONDS).until(() -> threadsThatAnswer() < 10);
      assertThat(service.post("/v1/rank", RANK).statusCode()).isEqualTo(200);
    } finally {
      close(slow);
    }
    await().atMost(20, SECONDS).until(() -> metric("nextclick_requests_memory_bytes") == 0);
    assertThat(LOGGED.list).allMatch(line -> line.getThrowableProxy() == null);
  }

  private static long threadsThatAnswer() {
    return Thread.getAllStackTraces().values().stream()
        .filter(stack ->
            Arrays.stream(stack)
                .anyMatch(call -> call.getClassName().contains("jersey.servlet.WebComponent")))
        .count();
  }

  private static long metric(String series) throws Exception {
    return service
        .admin("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .findFirst()
        .orElseThrow();
  }

  /** False once the other side has closed. */
  private static boolean sends(Socket socket, String text) {
    try {
      socket.setSoTimeout(1);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      return socket.getInputStream().read() >= 0;
    } catch (SocketTimeoutException stillOpen) {
      return true;
    } catch (IOException closed) {
      return false;
    }
  }

  private static String drip(Socket socket, byte[] head, int everyMillis) throws IOException {
    socket.setSoTimeout(everyMillis);
    OutputStream out = socket.getOutputStream();
    out.write(head);
    for (int i = 0; i < 200; i++) {
      out.write(' ');
      out.flush();
      try {
        byte[] bytes = new byte[4_096];
        int length = socket.getInputStream().read(bytes);
        return length < 0 ? "closed" : new String(bytes, 0, length, StandardCharsets.US_ASCII);
      } catch (SocketTimeoutException stillOpen) {
        continue;
      }
    }
    return "open";
  }

  private static String status(Socket socket) throws IOException {
    socket.setSoTimeout(20_000);
    return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
  }

  private static byte[] head(int length) {
    return "POST /v1/rank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        .formatted(length)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static void close(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }
}
